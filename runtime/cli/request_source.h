// Where the JSON of a call's requests comes from: arguments, or the lines of standard input.
#ifndef POLYCALL_CLI_REQUEST_SOURCE_H_
#define POLYCALL_CLI_REQUEST_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

namespace polycall::cli {

struct RequestText {
  std::string json;
  std::string what;  // for errors: "argument 2", "standard input, message 3"
};

// All of standard input. Throws Failure when it cannot be read.
std::string ReadStandardInput();

// One thread at a time, except Stop(), which any may call.
class RequestSource {
 public:
  // `arguments` empty or {"-"}: lines of standard input, empty ones skipped.
  explicit RequestSource(std::vector<std::string> arguments);
  ~RequestSource();
  RequestSource(const RequestSource&) = delete;
  RequestSource& operator=(const RequestSource&) = delete;

  // Blocks until there is one; nothing at the end or after Stop(). Throws Failure when standard input
  // cannot be read.
  std::optional<RequestText> Next();

  // Ends a Next() that waits for standard input, and all that follow.
  void Stop();

 private:
  std::optional<RequestText> NextLine();
  bool Fill();

  std::vector<std::string> arguments_;
  bool from_input_;
  size_t given_ = 0;
  std::string pending_;  // read from standard input, not yet given
  bool at_end_ = false;
  int line_ = 0;
  int stop_event_;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_REQUEST_SOURCE_H_
