// Names of Common Lisp: kebab-case, a package per proto package, a trailing "*" where two names would
// be the same.
#ifndef POLYCALL_CODEGEN_LISP_NAMING_H_
#define POLYCALL_CODEGEN_LISP_NAMING_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::lisp {

// "GetHTTPPage" -> "get-http-page"; what the reader would take for a number gets "n-" before it.
std::string SymbolName(std::string_view name);

// "calc.v1" -> "calc.v1"; "" -> "proto-user". Packages of Lisp itself get ".proto" behind them.
std::string PackageName(std::string_view proto_package);

// "calc/v1/calc.proto" -> "calc/v1/calc.polycall.lisp".
std::string OutputName(std::string_view file_name);

// Every name that one file's generated code defines. Made from the declaring file alone, so that all
// files that import it agree.
class FileNames {
 public:
  explicit FileNames(const model::File& file);

  struct MessageNames {
    std::string type, constructor, predicate, copier;
    std::vector<std::string> fields;     // as keywords and slots, "left"; by index in `fields`
    std::vector<std::string> accessors;  // "add-request-left"
  };
  struct OneofNames {
    std::string name, accessor, case_accessor;
  };
  struct EnumNames {
    std::string type;
    std::vector<std::string> values;  // without the colon
  };
  struct ServiceNames {
    std::string name, client, constructor, service;
    struct Method {
      std::string function;  // the client's, "calc-add"
      std::string extra;  // "calc-add-future" (unary), "calc-sum-stream" (client streaming), or ""
      std::string handler;  // the generic function, "add"
    };
    std::vector<Method> methods;
  };

  const MessageNames& Of(const model::Message& message) const { return messages_.at(&message); }
  const OneofNames& Of(const model::Oneof& oneof) const { return oneofs_.at(&oneof); }
  const EnumNames& Of(const model::Enum& enumeration) const { return enums_.at(&enumeration); }
  const ServiceNames& Of(const model::Service& service) const { return services_.at(&service); }

 private:
  void NameTypes(const std::string& prefix,
                 const std::vector<std::unique_ptr<model::Message>>& messages,
                 const std::vector<std::unique_ptr<model::Enum>>& enums);
  void NameFields(const std::vector<std::unique_ptr<model::Message>>& messages);
  void NameValues(const model::Enum& enumeration);
  void NameService(const model::Service& service);

  std::set<std::string> types_, functions_, handlers_;
  std::map<const model::Message*, MessageNames> messages_;
  std::map<const model::Oneof*, OneofNames> oneofs_;
  std::map<const model::Enum*, EnumNames> enums_;
  std::map<const model::Service*, ServiceNames> services_;
};

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_NAMING_H_
