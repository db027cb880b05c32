// What one generated class imports, and how it names what it does not.
#ifndef POLYCALL_CODEGEN_JAVA_IMPORTS_H_
#define POLYCALL_CODEGEN_JAVA_IMPORTS_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "codegen/java/naming.h"
#include "codegen/model/model.h"

namespace polycall::codegen::java {

// Messages come first: their simple names win over those of the runtime and of java.lang, which are
// then written out.
class Imports {
 public:
  Imports(const model::Service& service, const ClassNames& classes);

  // How the class is written here.
  const std::string& Message(const model::Message& message) const { return messages_.at(&message); }
  // "Channel" of io.polycall, imported on its first use.
  std::string Runtime(const std::string& name) { return Use("io.polycall", name); }
  // "CompletionStage" of java.util.concurrent and so on; java.lang needs no import.
  std::string Use(const std::string& package, const std::string& name);
  // The class of the service's file.
  const std::string& outer_class() const { return outer_class_; }

  // Sorted qualified names.
  const std::set<std::string>& lines() const { return lines_; }

 private:
  void AddMessage(const model::Message& message);

  std::string package_;
  std::string outer_class_;
  std::set<std::string> taken_;  // simple names that mean a message or a generated class
  std::map<const model::Message*, std::string> messages_;
  std::set<std::string> lines_;
};

}  // namespace polycall::codegen::java

#endif  // POLYCALL_CODEGEN_JAVA_IMPORTS_H_
