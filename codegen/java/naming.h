// Names of Java: protoc's own for messages, lowerCamelCase for functions.
#ifndef POLYCALL_CODEGEN_JAVA_NAMING_H_
#define POLYCALL_CODEGEN_JAVA_NAMING_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::java {

// The package of a file's classes; empty: the unnamed one.
std::string Package(const model::File& file);

// The class that protoc makes for the file itself: "CalcProto", "CalcOuterClass".
std::string OuterClass(const model::File& file);

// A message's class below its package: "Outer.Calc.Request", or "Calc.Request" with
// java_multiple_files.
std::string ClassBelowPackage(const model::Message& message);

// "calc.v1.CalcOuterClass.Request".
std::string QualifiedClass(const model::Message& message);

// Why protoc's Java cannot be compiled, or not be named from `user`'s package; empty: it can.
std::string Unspeakable(const model::Message& message, const model::File& user);
std::string UnspeakablePackage(const model::File& file);

// "GetHTTPPage" -> "getHttpPage"; "Import" -> "import_"; "Notify" -> "notify_".
std::string FunctionName(std::string_view rpc_name);

// The names of one service's methods; each differs from the others of its class.
class ServiceNames {
 public:
  explicit ServiceNames(const model::Service& service);
  // The handler's, and the clients' of the same name.
  const std::string& Function(size_t method) const { return functions_[method]; }
  // Where a client keeps the method: "addMethod".
  const std::string& Field(size_t method) const { return fields_[method]; }

 private:
  std::vector<std::string> functions_;
  std::vector<std::string> fields_;
};

// The classes that are generated for the services of one file.
class ClassNames {
 public:
  explicit ClassNames(const model::File& file);

  struct Service {
    std::string client, async_client, service, async_service;
  };
  const Service& service(const model::Service& service) const { return services_.at(&service); }
  // Every name at the top level of the file's package that the file itself makes.
  const std::set<std::string>& taken() const { return taken_; }

 private:
  std::set<std::string> taken_;
  std::map<const model::Service*, Service> services_;
};

}  // namespace polycall::codegen::java

#endif  // POLYCALL_CODEGEN_JAVA_NAMING_H_
