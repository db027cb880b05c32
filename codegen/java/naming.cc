#include "codegen/java/naming.h"

#include <cctype>

#include "codegen/java/keywords.h"
#include "codegen/model/names.h"

namespace polycall::codegen::java {
namespace {

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// protoc's UnderscoresToCamelCase, which makes the outer class of a file name.
std::string ProtocCamelCase(std::string_view name) {
  std::string result;
  bool upper = true;
  for (char c : name) {
    if (IsLetter(c)) {
      result.push_back(upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
      upper = false;
    } else {
      if (IsDigit(c)) result.push_back(c);
      upper = true;
    }
  }
  return result;
}

bool Declares(const model::Message& message, const std::string& name) {
  if (message.map_entry) return false;
  if (message.name == name) return true;
  for (const auto& nested : message.messages) {
    if (Declares(*nested, name)) return true;
  }
  for (const auto& nested : message.enums) {
    if (nested->name == name) return true;
  }
  return false;
}

bool Declares(const model::File& file, const std::string& name) {
  for (const auto& nested : file.enums) {
    if (nested->name == name) return true;
  }
  for (const auto& service : file.services) {
    if (service->name == name) return true;
  }
  for (const auto& message : file.messages) {
    if (Declares(*message, name)) return true;
  }
  return false;
}

std::string KeywordIn(std::string_view dotted) {
  for (const std::string& part : SplitDots(dotted)) {
    if (IsKeyword(part)) return part;
  }
  return {};
}

}  // namespace

std::string Package(const model::File& file) {
  return file.java_package.empty() ? file.package : file.java_package;
}

std::string OuterClass(const model::File& file) {
  if (!file.java_outer_classname.empty()) return file.java_outer_classname;
  std::string base = file.base_name();
  if (const size_t slash = base.rfind('/'); slash != std::string::npos) base.erase(0, slash + 1);
  std::string name = ProtocCamelCase(base);
  if (Declares(file, name)) name += "OuterClass";
  return name;
}

std::string ClassBelowPackage(const model::Message& message) {
  if (message.parent != nullptr) return ClassBelowPackage(*message.parent) + "." + message.name;
  if (message.file->java_multiple_files) return message.name;
  return OuterClass(*message.file) + "." + message.name;
}

std::string QualifiedClass(const model::Message& message) {
  const std::string package = Package(*message.file);
  return package.empty() ? ClassBelowPackage(message) : package + "." + ClassBelowPackage(message);
}

std::string UnspeakablePackage(const model::File& file) {
  const std::string keyword = KeywordIn(Package(file));
  if (keyword.empty()) return {};
  return "the Java package " + Package(file) + " has the keyword \"" + keyword + "\" in it; give " +
         file.name + " another with `option java_package = \"...\";`";
}

std::string Unspeakable(const model::Message& message, const model::File& user) {
  if (std::string why = UnspeakablePackage(*message.file); !why.empty()) return why;
  if (const std::string keyword = KeywordIn(ClassBelowPackage(message)); !keyword.empty()) {
    return "protoc makes a Java class \"" + keyword + "\" for " + message.full_name +
           ", which is a keyword; rename the message";
  }
  if (Package(*message.file).empty() && !Package(user).empty()) {
    return "the class of " + message.full_name +
           " is in Java's unnamed package, which no other can "
           "refer to; give " +
           message.file->name + " an `option java_package = \"...\";`";
  }
  return {};
}

std::string FunctionName(std::string_view rpc_name) {
  std::string name = LowerCamelCase(rpc_name);
  if (name.empty() || IsDigit(name[0])) name = "call" + name;
  if (IsKeyword(name) || IsObjectMethod(name)) name.push_back('_');
  return name;
}

ServiceNames::ServiceNames(const model::Service& service) {
  std::set<std::string> functions = {"polycallDefinition"};
  std::set<std::string> fields = {"channel", "options", "request", "requests"};
  const auto claim = [](std::string name, std::set<std::string>* taken) {
    while (!taken->insert(name).second) name.push_back('_');
    return name;
  };
  for (const model::Method& method : service.methods) {
    functions_.push_back(claim(FunctionName(method.name), &functions));
    const std::string& function = functions_.back();
    fields_.push_back(
        claim(function.ends_with('_') ? function + "method" : function + "Method", &fields));
  }
}

ClassNames::ClassNames(const model::File& file) {
  taken_.insert(OuterClass(file));
  if (file.java_multiple_files) {
    for (const auto& message : file.messages) {
      taken_.insert(message->name);
      taken_.insert(message->name + "OrBuilder");
    }
    for (const auto& enumeration : file.enums) taken_.insert(enumeration->name);
  }
  const auto claim = [this](std::string name) {
    while (!taken_.insert(name).second) name.push_back('_');
    return name;
  };
  for (const auto& service : file.services) {
    Service names;
    names.client = claim(service->name + "Client");
    names.async_client = claim(service->name + "AsyncClient");
    names.service = claim(service->name + "Service");
    names.async_service = claim(service->name + "AsyncService");
    services_[service.get()] = std::move(names);
  }
}

}  // namespace polycall::codegen::java
