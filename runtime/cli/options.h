// What is common to all commands: the target, and how to reach and print.
#ifndef POLYCALL_CLI_OPTIONS_H_
#define POLYCALL_CLI_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "terminal.h"

namespace polycall::cli {

struct Options {
  std::string target;
  int64_t timeout_ns = 0;  // 0: none given
  // For targets tls:// and grpcs://; empty: none given.
  std::string tls_ca, tls_certificate, tls_key, tls_name;
  bool json = false;
  bool verbose = false;
  // Where descriptors come from: .proto files, or the server itself if there are none.
  std::vector<std::string> proto_files;
  std::vector<std::string> import_dirs;
  std::vector<std::pair<std::string, std::string>> metadata;  // values of -bin keys decoded

  // For standard output and standard error.
  Palette out{false};
  Palette err{false};
};

// "500ms", "2s", "1.5m", "2" (seconds) as nanoseconds. Throws Failure (usage).
int64_t ParseDuration(std::string_view text);

// "key: value" or "key:value"; the value of a key that ends in "-bin" is base64. Throws Failure
// (usage).
std::pair<std::string, std::string> ParseMetadata(std::string_view text);

// "1.25 ms" for people.
std::string FormatDuration(int64_t ns);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_OPTIONS_H_
