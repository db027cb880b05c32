// The services that a command can see, with their messages: asked of the server's description service
// or read from .proto files.
#ifndef POLYCALL_CLI_DESCRIPTORS_H_
#define POLYCALL_CLI_DESCRIPTORS_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"
#include "options.h"

namespace polycall::cli {

struct ServiceEntry {
  std::string name;
  uint64_t fingerprint = 0;
  // nullptr when the server names the service and has no descriptor of it.
  const google::protobuf::ServiceDescriptor* descriptor = nullptr;
};

class Descriptors {
 public:
  virtual ~Descriptors() = default;

  virtual const google::protobuf::DescriptorPool& pool() const = 0;
  // In the server's or the files' order.
  const std::vector<ServiceEntry>& services() const { return services_; }
  // For messages: "unix:/run/calc.sock", "calc.proto".
  const std::string& source() const { return source_; }

  // The method that "calc.v1.Calc/Add" (or "calc.v1.Calc.Add") names. Throws Failure (bad input) with
  // a suggestion.
  const google::protobuf::MethodDescriptor& FindMethod(std::string_view path) const;

  std::vector<std::string> ServiceNames() const;

 protected:
  std::vector<ServiceEntry> services_;
  std::string source_;
};

// From the .proto files of the options if there are any, else from the server; throws Failure.
std::unique_ptr<Descriptors> LoadDescriptors(const Options& options, const Channel& channel);

std::unique_ptr<Descriptors> LoadDescriptorsFromFiles(const Options& options);
std::unique_ptr<Descriptors> LoadDescriptorsFromServer(const Options& options,
                                                       const Channel& channel);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_DESCRIPTORS_H_
