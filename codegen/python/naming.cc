#include "codegen/python/naming.h"

#include <algorithm>
#include <cctype>

#include "codegen/model/names.h"
#include "codegen/python/keywords.h"

namespace polycall::codegen::python {
namespace {

bool IsIdentifier(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  });
}

std::string LastPart(const std::string& module_name) {
  const size_t dot = module_name.rfind('.');
  return dot == std::string::npos ? module_name : module_name.substr(dot + 1);
}

}  // namespace

std::string ModuleName(std::string_view file_name) {
  std::string name(file_name);
  if (name.ends_with(".proto")) name.resize(name.size() - 6);
  std::replace(name.begin(), name.end(), '-', '_');
  std::replace(name.begin(), name.end(), '/', '.');
  return name;
}

bool IsImportable(std::string_view module_name) {
  const std::vector<std::string> parts = SplitDots(module_name);
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return IsIdentifier(part) && !IsKeyword(part);
  });
}

std::string FunctionName(std::string_view rpc_name) {
  std::string name = SnakeCase(rpc_name);
  if (!IsIdentifier(name)) name.insert(0, "call_");
  if (IsKeyword(name)) name.push_back('_');
  return name;
}

ServiceNames::ServiceNames(const model::Service& service) {
  std::set<std::string> taken = {"polycall_service"};
  const auto claim = [&taken](std::string name) {
    while (!taken.insert(name).second) name.push_back('_');
    return name;
  };
  methods_.resize(service.methods.size());
  // Functions come first, so that no helper takes the name of an rpc.
  for (size_t i = 0; i < methods_.size(); ++i) {
    methods_[i].function = claim(FunctionName(service.methods[i].name));
  }
  for (size_t i = 0; i < methods_.size(); ++i) {
    const std::string& function = methods_[i].function;
    const std::string base = function.ends_with('_') ? function : function + "_";
    if (service.methods[i].kind == model::Kind::kUnary) methods_[i].future = claim(base + "future");
    if (service.methods[i].kind == model::Kind::kClientStreaming) {
      methods_[i].stream = claim(base + "stream");
    }
    methods_[i].attribute = "_" + function;
  }
}

ModuleNames::ModuleNames(const model::File& file) {
  taken_ = {"annotations", "importlib", "polycall", "stubs", "typing"};
  const auto import = [this](const model::File* used) {
    if (modules_.count(used) != 0) return;
    const std::string module = ModuleName(used->name) + "_pb2";
    std::string alias = LastPart(module);
    if (!IsIdentifier(alias)) alias.insert(0, "_");
    if (taken_.count(alias) != 0) alias = Replace(module, ".", "__");
    modules_[used] = Claim(std::move(alias));
    imports_.push_back(used);
  };
  if (!file.services.empty()) import(&file);
  for (const auto& service : file.services) {
    for (const model::Method& method : service->methods) {
      import(method.request->file);
      import(method.response->file);
    }
  }
  for (const auto& service : file.services) {
    Service names;
    names.client = Claim(service->name + "Client");
    names.async_client = Claim(service->name + "AsyncClient");
    names.service = Claim(service->name + "Service");
    names.async_service = Claim(service->name + "AsyncService");
    names.descriptor = Claim("_" + UpperSnakeCase(service->name));
    services_[service.get()] = std::move(names);
  }
}

std::string ModuleNames::MessageName(const model::Message& message) const {
  const std::string scope =
      message.parent == nullptr ? Module(*message.file) : MessageName(*message.parent);
  if (IsKeyword(message.name)) return "getattr(" + scope + ", \"" + message.name + "\")";
  return scope + "." + message.name;
}

std::string ModuleNames::Claim(std::string name) {
  while (!taken_.insert(name).second) name.push_back('_');
  return name;
}

}  // namespace polycall::codegen::python
