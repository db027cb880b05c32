#include "codegen/cpp/naming.h"

#include <cctype>

#include "codegen/cpp/keywords.h"
#include "codegen/model/names.h"

namespace polycall::codegen::cpp {
namespace {

// What the generated classes contain besides the rpcs, and the parameters of their functions.
constexpr std::string_view kOwnNames[] = {
    "CallbackService",      "Client",  "CoroutineService", "Descriptor",
    "PolycallRegistration", "Service", "channel",          "stub_",
};
constexpr std::string_view kParameters[] = {
    "Callback", "callback", "context", "done",   "options",
    "reader",   "reply",    "request", "stream", "writer",
};

}  // namespace

std::string Identifier(std::string_view name) {
  return IsKeyword(name) ? std::string(name) + "_" : std::string(name);
}

std::string NamespaceName(std::string_view package) {
  std::vector<std::string> parts = SplitDots(package);
  for (std::string& part : parts) part = Identifier(part);
  return Join(parts, "::");
}

std::string ClassName(const model::Message& message) {
  std::string name = message.name;
  if (message.parent != nullptr) name = ClassName(*message.parent) + "_" + name;
  return Identifier(name);
}

std::string QualifiedName(const model::Message& message) {
  const std::string scope = NamespaceName(message.file->package);
  return (scope.empty() ? "::" : "::" + scope + "::") + ClassName(message);
}

std::string FileIdentifier(std::string_view file_name) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : file_name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      out.push_back(c);
    } else {
      out.push_back('_');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

ServiceNames::ServiceNames(const model::Service& service)
    : service_(Identifier(service.name)), package_(service.file->package) {
  for (const std::string_view name : kOwnNames) taken_.emplace(name);
  for (const std::string_view name : kParameters) taken_.emplace(name);
  const auto claim = [this](std::string name) {
    while (!taken_.insert(name).second) name.push_back('_');
    return name;
  };
  methods_.resize(service.methods.size());
  // rpcs that keep their names come first, so that no other name takes one of theirs.
  for (size_t i = 0; i < methods_.size(); ++i) {
    const std::string& name = service.methods[i].name;
    if (!IsKeyword(name) && taken_.count(name) == 0) methods_[i].call = claim(name);
  }
  for (size_t i = 0; i < methods_.size(); ++i) {
    if (methods_[i].call.empty()) methods_[i].call = claim(Identifier(service.methods[i].name));
  }
  // A function of a nested class may be called like the service, but none of its own members.
  taken_.insert(service_);
  for (size_t i = 0; i < methods_.size(); ++i) {
    const std::string& name = service.methods[i].name;
    methods_[i].traits = claim(name + "Method");
    if (service.methods[i].kind != model::Kind::kUnary) continue;
    methods_[i].async = claim(name + "Async");
    methods_[i].await = claim(name + "Await");
  }
}

std::string ServiceNames::TypeName(const model::Message& message) const {
  std::string name = ClassName(message);
  const bool visible = message.file->package == package_ && taken_.count(name) == 0;
  return visible ? name : QualifiedName(message);
}

}  // namespace polycall::codegen::cpp
