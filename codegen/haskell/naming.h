// The Haskell names of what a file declares. One module for each .proto: calc/v1/calc.proto becomes
// Proto.Calc.V1.Calc. A name depends on the declaring file alone, so that files which import it arrive
// at the same names.
//
//   message Outer.Inner      type and constructor OuterInner
//   its field user_name      outerInnerUserName (fields of all messages of a module are functions
//                            of one namespace, so each begins with its message)
//   its oneof kind           field outerInnerKind :: Maybe OuterInnerKind, constructors
//                            OuterInnerKindCircle for the member circle
//   enum Colour, COLOUR_RED  ColourRed; numbers without a name: ColourUnrecognized
//   service Calc, rpc Add    calcAdd, calcAddOrThrow and so on; handlers CalcHandlers { calcAddHandler }
//
// Where two things come to one name, the later one gets an underscore at its end.
#ifndef POLYCALL_CODEGEN_HASKELL_NAMING_H_
#define POLYCALL_CODEGEN_HASKELL_NAMING_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::haskell {

// "calc/v1/calc.proto" -> "Proto.Calc.V1.Calc".
std::string ModuleName(std::string_view file_name);

// "user_name" -> "UserName"; capitals inside of words stay. Never empty, begins with a letter.
std::string UpperCamel(std::string_view name);

// "OuterInner" -> "outerInner", "HTTPPage" -> "httpPage".
std::string LowerFirst(std::string_view name);

// Whether the record has a field for it: groups are kept as unknown fields.
bool IsEmitted(const model::Field& field);

// Functions of one method, named service first.
struct MethodNames {
  std::string call;      // "calcAdd"
  std::string or_throw;  // "calcAddOrThrow"
  std::string handler;   // "calcAddHandler"
};

struct ServiceNames {
  std::string descriptor;  // "calcService"
  std::string handlers;    // "CalcHandlers"
  std::string defaults;    // "calcHandlers"
  std::string serve;       // "serveCalc"
  std::string client;      // "CalcClient"
  std::string new_client;  // "newCalcClient"
  std::vector<MethodNames> methods;
  std::vector<std::string> members;  // of the client's record
};

// The names of one file. One thread at a time.
class FileNames {
 public:
  explicit FileNames(const model::File& file);

  const std::string& Type(const model::Message& message) const { return messages_.at(&message); }
  const std::string& Type(const model::Enum& enumeration) const { return enums_.at(&enumeration); }
  const std::string& Type(const model::Oneof& oneof) const { return oneof_types_.at(&oneof); }
  const std::string& Value(const model::EnumValue& value) const { return values_.at(&value); }
  const std::string& Unrecognized(const model::Enum& e) const { return unrecognized_.at(&e); }
  const std::string& Field(const model::Field& field) const { return fields_.at(&field); }
  const std::string& Field(const model::Oneof& oneof) const { return oneofs_.at(&oneof); }
  const std::string& Member(const model::Field& field) const { return members_.at(&field); }
  const std::string& Unknown(const model::Message& message) const { return unknown_.at(&message); }
  const ServiceNames& Service(const model::Service& service) const {
    return services_.at(&service);
  }

  // A function beside a field: "fooBarEntry". The same answer for the same arguments.
  std::string Beside(const model::Field& field, const std::string& suffix);

 private:
  void AddTypes(const model::Message& message, const std::string& outer);
  void AddType(const model::Enum& enumeration, const std::string& outer);
  void AddEnumValues(const model::Enum& enumeration);
  void AddMembers(const model::Message& message);
  void AddService(const model::Service& service);
  static std::string Take(std::set<std::string>* taken, std::string name);

  std::set<std::string> taken_types_;
  std::set<std::string> taken_constructors_;
  std::set<std::string> taken_values_;
  std::map<const model::Message*, std::string> messages_;
  std::map<const model::Message*, std::string> unknown_;
  std::map<const model::Enum*, std::string> enums_;
  std::map<const model::Enum*, std::string> unrecognized_;
  std::map<const model::EnumValue*, std::string> values_;
  std::map<const model::Oneof*, std::string> oneof_types_;
  std::map<const model::Oneof*, std::string> oneofs_;
  std::map<const model::Field*, std::string> fields_;
  std::map<const model::Field*, std::string> members_;
  std::map<const model::Service*, ServiceNames> services_;
  std::map<std::string, std::string> beside_;
};

// The names of a file and of what it uses from others.
class Names {
 public:
  explicit Names(const model::File& file) : file_(&file) {}

  FileNames& Of(const model::File& file);
  FileNames& Own() { return Of(*file_); }

  // As this file writes it: "Inner", or "Proto.Other.Inner" of another file.
  std::string Type(const model::Message& message);
  std::string Type(const model::Enum& enumeration);
  std::string Value(const model::Enum& enumeration, int64_t number);

 private:
  std::string Qualified(const model::File& file, const std::string& name) const;

  const model::File* file_;
  std::map<const model::File*, std::unique_ptr<FileNames>> files_;
};

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_NAMING_H_
