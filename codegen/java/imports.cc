#include "codegen/java/imports.h"

namespace polycall::codegen::java {

Imports::Imports(const model::Service& service, const ClassNames& classes)
    : package_(Package(*service.file)),
      outer_class_(OuterClass(*service.file)),
      taken_(classes.taken()) {
  for (const model::Method& method : service.methods) {
    AddMessage(*method.request);
    AddMessage(*method.response);
  }
}

void Imports::AddMessage(const model::Message& message) {
  if (messages_.count(&message) != 0) return;
  const std::string package = Package(*message.file);
  const std::string qualified = QualifiedClass(message);
  const std::string below = ClassBelowPackage(message);
  // Top-level classes of one's own package, and all of the unnamed one, are written as they are.
  if (package == package_ && (package.empty() || below.find('.') == std::string::npos)) {
    messages_[&message] = below;
    taken_.insert(below.substr(0, below.find('.')));
    return;
  }
  // A message below another is written after it: "Outer.Inner".
  const model::Message* top = &message;
  while (top->parent != nullptr) top = top->parent;
  std::string inner;
  for (const model::Message* at = &message; at != top; at = at->parent) {
    inner.insert(0, "." + at->name);
  }
  const std::string top_qualified = QualifiedClass(*top);
  if (package == package_ && top->file->java_multiple_files) {
    messages_[&message] = top->name + inner;
    return;
  }
  if (lines_.count(top_qualified) != 0 || taken_.insert(top->name).second) {
    lines_.insert(top_qualified);
    messages_[&message] = top->name + inner;
  } else {
    messages_[&message] = qualified;
  }
}

std::string Imports::Use(const std::string& package, const std::string& name) {
  const std::string qualified = package + "." + name;
  if (taken_.count(name) != 0) return qualified;
  if (package != "java.lang") lines_.insert(qualified);
  return name;
}

}  // namespace polycall::codegen::java
