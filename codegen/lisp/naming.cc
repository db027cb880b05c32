#include "codegen/lisp/naming.h"

#include <cctype>

#include "codegen/lisp/keywords.h"
#include "codegen/model/names.h"

namespace polycall::codegen::lisp {
namespace {

std::string Claim(std::set<std::string>* taken, std::string name) {
  while (!taken->insert(name).second) name.push_back('*');
  return name;
}

}  // namespace

std::string SymbolName(std::string_view name) {
  std::string out = KebabCase(name);
  if (out.empty() || std::isdigit(static_cast<unsigned char>(out[0])) != 0) out.insert(0, "n-");
  return out;
}

std::string PackageName(std::string_view proto_package) {
  if (proto_package.empty()) return "proto-user";
  std::vector<std::string> parts = SplitDots(proto_package);
  for (std::string& part : parts) part = KebabCase(part);
  std::string name = Join(parts, ".");
  if (IsTakenPackage(name)) name += ".proto";
  return name;
}

std::string OutputName(std::string_view file_name) {
  std::string name(file_name);
  if (name.ends_with(".proto")) name.resize(name.size() - 6);
  return name + ".polycall.lisp";
}

FileNames::FileNames(const model::File& file) {
  NameTypes("", file.messages, file.enums);
  NameFields(file.messages);
  for (const auto& service : file.services) NameService(*service);
}

void FileNames::NameTypes(const std::string& prefix,
                          const std::vector<std::unique_ptr<model::Message>>& messages,
                          const std::vector<std::unique_ptr<model::Enum>>& enums) {
  for (const auto& enumeration : enums) {
    enums_[enumeration.get()].type = Claim(&types_, prefix + SymbolName(enumeration->name));
    NameValues(*enumeration);
  }
  for (const auto& message : messages) {
    if (message->map_entry || message->group) {
      NameTypes(prefix + SymbolName(message->name) + "-", message->messages, message->enums);
      continue;
    }
    MessageNames& names = messages_[message.get()];
    names.type = Claim(&types_, prefix + SymbolName(message->name));
    names.constructor = Claim(&functions_, "make-" + names.type);
    names.predicate = Claim(&functions_, names.type + "-p");
    names.copier = Claim(&functions_, "copy-" + names.type);
    NameTypes(names.type + "-", message->messages, message->enums);
  }
}

void FileNames::NameFields(const std::vector<std::unique_ptr<model::Message>>& messages) {
  for (const auto& message : messages) {
    if (!message->map_entry && !message->group) {
      MessageNames& names = messages_[message.get()];
      std::set<std::string> fields;
      for (const model::Field& field : message->fields) {
        names.fields.push_back(Claim(&fields, SymbolName(field.name)));
        names.accessors.push_back(Claim(&functions_, names.type + "-" + names.fields.back()));
      }
      for (const auto& oneof : message->oneofs) {
        OneofNames& oneof_names = oneofs_[oneof.get()];
        oneof_names.name = SymbolName(oneof->name);
        oneof_names.accessor = Claim(&functions_, names.type + "-" + oneof_names.name);
        oneof_names.case_accessor = Claim(&functions_, oneof_names.accessor + "-case");
      }
    }
    NameFields(message->messages);
  }
}

void FileNames::NameValues(const model::Enum& enumeration) {
  const std::string prefix = UpperSnakeCase(enumeration.name) + "_";
  std::set<std::string> taken;
  for (const model::EnumValue& value : enumeration.values) {
    std::string name = SymbolName(value.name);
    if (value.name.starts_with(prefix)) {
      const std::string rest = KebabCase(value.name.substr(prefix.size()));
      if (!rest.empty() && std::isalpha(static_cast<unsigned char>(rest[0])) != 0 &&
          taken.count(rest) == 0) {
        name = rest;
      }
    }
    enums_[&enumeration].values.push_back(Claim(&taken, name));
  }
}

void FileNames::NameService(const model::Service& service) {
  ServiceNames& names = services_[&service];
  names.name = SymbolName(service.name);
  names.client = Claim(&types_, names.name + "-client");
  names.constructor = Claim(&functions_, "make-" + names.client);
  names.service = Claim(&types_, names.name + "-service");
  std::set<std::string> own_handlers;
  for (const model::Method& method : service.methods) {
    ServiceNames::Method made;
    // Services of one package share a generic function; the methods of one service do not.
    made.handler = SymbolName(method.name);
    while (own_handlers.count(made.handler) != 0 || functions_.count(made.handler) != 0) {
      made.handler.push_back('*');
    }
    own_handlers.insert(made.handler);
    handlers_.insert(made.handler);
    names.methods.push_back(std::move(made));
  }
  functions_.insert(own_handlers.begin(), own_handlers.end());
  for (size_t i = 0; i < service.methods.size(); ++i) {
    names.methods[i].function =
        Claim(&functions_, names.name + "-" + SymbolName(service.methods[i].name));
  }
  for (size_t i = 0; i < service.methods.size(); ++i) {
    const model::Kind kind = service.methods[i].kind;
    if (kind == model::Kind::kUnary) {
      names.methods[i].extra = Claim(&functions_, names.methods[i].function + "-future");
    } else if (kind == model::Kind::kClientStreaming) {
      names.methods[i].extra = Claim(&functions_, names.methods[i].function + "-stream");
    }
  }
  for (const std::string& handler : own_handlers) functions_.erase(handler);
}

}  // namespace polycall::codegen::lisp
