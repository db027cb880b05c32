// What the built-in grpc.reflection.v1.ServerReflection knows
// (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md): the files that describe the
// server's services. Messages are read and written by hand: the core loads no protobuf.
#ifndef POLYCALL_SERVER_REFLECTION_H_
#define POLYCALL_SERVER_REFLECTION_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/call.h"

namespace polycall::server {

// Filled before the server starts, then only read: thread-safe.
class Reflection {
 public:
  // A service and its FileDescriptorSet (may be empty), which outlives this.
  void Add(std::string_view service, std::string_view file_descriptor_set);
  // The ServerReflectionResponse to a ServerReflectionRequest. False: it is none.
  bool Answer(std::string_view request, std::string* response) const;

  // The handler of ServerReflectionInfo (bidirectional).
  static void Info(void* reflection, polycall_call* call, const polycall_message* request);

 private:
  struct File {
    std::string_view bytes;
    std::vector<std::string_view> dependencies;
  };
  void AddFile(std::string_view bytes);
  void AddMessage(std::string_view bytes, const std::string& scope, std::string_view file);
  void AddEnum(std::string_view bytes, const std::string& scope, std::string_view file);
  void AddService(std::string_view bytes, const std::string& scope, std::string_view file);
  void AddExtension(std::string_view bytes, const std::string& scope, std::string_view file);
  // The file and what it imports, as a FileDescriptorResponse.
  std::string Files(std::string_view file) const;

  std::vector<std::string> services_;
  std::map<std::string_view, File> files_;
  std::map<std::string, std::string_view, std::less<>> symbols_;  // full name to file
  std::map<std::pair<std::string, uint64_t>, std::string_view> extensions_;
};

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_REFLECTION_H_
