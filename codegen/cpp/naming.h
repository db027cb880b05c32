// The C++ names of what a .proto declares: protoc's own for namespaces and messages, ours for what the
// generated classes contain.
#ifndef POLYCALL_CODEGEN_CPP_NAMING_H_
#define POLYCALL_CODEGEN_CPP_NAMING_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::cpp {

std::string Identifier(std::string_view name);             // "delete" -> "delete_"
std::string NamespaceName(std::string_view package);       // "calc.v1" -> "calc::v1", "" -> ""
std::string ClassName(const model::Message& message);      // "Pot_Lid" for Lid inside Pot
std::string QualifiedName(const model::Message& message);  // "::paint::v1::Pot_Lid"

// A C++ identifier for a file: "calc/v1/calc.proto" -> "calc_2fv1_2fcalc_2eproto", as protoc does.
std::string FileIdentifier(std::string_view file_name);

// What one rpc is called inside the generated classes. No two names of one service are the same.
struct MethodNames {
  std::string call;    // Add
  std::string async;   // AddAsync (unary)
  std::string await;   // AddAwait (unary)
  std::string traits;  // AddMethod
};

class ServiceNames {
 public:
  explicit ServiceNames(const model::Service& service);

  const std::string& service() const { return service_; }
  const MethodNames& method(size_t index) const { return methods_[index]; }

  // The short name of `message` where that means it inside the service's classes, else the
  // qualified one.
  std::string TypeName(const model::Message& message) const;

 private:
  std::string service_;
  std::string package_;
  std::vector<MethodNames> methods_;
  std::set<std::string> taken_;  // names that mean something else inside the classes
};

}  // namespace polycall::codegen::cpp

#endif  // POLYCALL_CODEGEN_CPP_NAMING_H_
