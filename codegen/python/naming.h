// Names of Python: PEP 8, keywords escaped with a trailing underscore, collisions too.
#ifndef POLYCALL_CODEGEN_PYTHON_NAMING_H_
#define POLYCALL_CODEGEN_PYTHON_NAMING_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::python {

// "calc/v1/my-calc.proto" -> "calc.v1.my_calc", as protoc's own generator has it.
std::string ModuleName(std::string_view file_name);

// Whether `from calc.v1 import x` can name the module: no part is a keyword or no identifier.
bool IsImportable(std::string_view module_name);

// "GetHTTPPage" -> "get_http_page"; "Import" -> "import_".
std::string FunctionName(std::string_view rpc_name);

// The names of one service's methods; each differs from the others of its class.
class ServiceNames {
 public:
  explicit ServiceNames(const model::Service& service);

  // The handler's, and the client's of the same name.
  const std::string& Function(size_t method) const { return methods_[method].function; }
  // Unary: "add_future".
  const std::string& Future(size_t method) const { return methods_[method].future; }
  // Client streaming: "sum_stream".
  const std::string& Stream(size_t method) const { return methods_[method].stream; }
  // Where a client keeps the method: "_add".
  const std::string& Attribute(size_t method) const { return methods_[method].attribute; }

 private:
  struct Method {
    std::string function, future, stream, attribute;
  };
  std::vector<Method> methods_;
};

// The names of one generated module: its imports and classes.
class ModuleNames {
 public:
  explicit ModuleNames(const model::File& file);

  // "calc_pb2" for the module of `file`'s messages; another alias if two imports would share it.
  const std::string& Module(const model::File& file) const { return modules_.at(&file); }
  // Files whose modules are needed: those of the methods' messages and `file` itself.
  const std::vector<const model::File*>& imports() const { return imports_; }

  // "calc_pb2.Outer.Inner"; names that are keywords by getattr.
  std::string MessageName(const model::Message& message) const;

  struct Service {
    std::string descriptor;  // "_CALC"
    std::string client, async_client, service, async_service;
  };
  const Service& service(const model::Service& service) const { return services_.at(&service); }

 private:
  std::string Claim(std::string name);

  std::set<std::string> taken_;
  std::vector<const model::File*> imports_;
  std::map<const model::File*, std::string> modules_;
  std::map<const model::Service*, Service> services_;
};

}  // namespace polycall::codegen::python

#endif  // POLYCALL_CODEGEN_PYTHON_NAMING_H_
