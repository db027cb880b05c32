#include "descriptors.h"

#include "suggestion.h"

namespace polycall::cli {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::vector<std::string> Descriptors::ServiceNames() const {
  std::vector<std::string> names;
  for (const ServiceEntry& service : services_) names.push_back(service.name);
  return names;
}

const MethodDescriptor& Descriptors::FindMethod(std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = path.rfind(path.find('/') != std::string_view::npos ? '/' : '.');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size()) {
    throw Failure(ExitCode::kBadInput,
                  "\"" + std::string(path) + "\" is no method; write it as pkg.Service/Method");
  }
  const std::string service_name(path.substr(0, slash));
  const std::string method_name(path.substr(slash + 1));
  for (const ServiceEntry& service : services_) {
    if (service.name != service_name) continue;
    if (service.descriptor == nullptr) {
      throw Failure(ExitCode::kBadInput,
                    "the server has no description of " + service_name +
                        "; name its .proto file with --proto FILE (and -I FOLDER)");
    }
    if (const auto* method = service.descriptor->FindMethodByName(method_name)) return *method;
    std::vector<std::string> names;
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      names.push_back(service.descriptor->method(i)->name());
    }
    throw Failure(ExitCode::kBadInput, "no method " + method_name + " in " + service_name +
                                           Suggestion(method_name, names));
  }
  throw Failure(ExitCode::kBadInput, "no service " + service_name + " in " + source() +
                                         Suggestion(service_name, ServiceNames()));
}

std::unique_ptr<Descriptors> LoadDescriptors(const Options& options, const Channel& channel) {
  return options.proto_files.empty() ? LoadDescriptorsFromServer(options, channel)
                                     : LoadDescriptorsFromFiles(options);
}

}  // namespace polycall::cli
