// The C names of what a file declares. A name is the full protobuf name with "_" for ".":
// `calc.v1.Outer.Inner` is `calc_v1_Outer_Inner`. Where that gives a name twice, or a reserved one, an
// underscore is appended; this depends on the declaring file alone, so that files which import it
// arrive at the same names.
#ifndef POLYCALL_CODEGEN_C_NAMING_H_
#define POLYCALL_CODEGEN_C_NAMING_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen::c {

// The names within one struct.
struct MemberNames {
  std::map<const model::Field*, std::string> field;
  std::map<const model::Field*, std::string> has;  // fields with a has_ flag
  std::map<const model::Oneof*, std::string> oneof;
  std::map<const model::Oneof*, std::string> oneof_case;
};

// The names of one file. One thread at a time.
class FileNames {
 public:
  explicit FileNames(const model::File& file);

  const std::string& Type(const model::Message& message) const { return messages_.at(&message); }
  const std::string& Type(const model::Enum& enumeration) const { return enums_.at(&enumeration); }
  const std::string& Type(const model::Service& service) const { return services_.at(&service); }
  const std::string& Value(const model::EnumValue& value) const { return values_.at(&value); }
  const MemberNames& Members(const model::Message& message) const { return members_.at(&message); }

  // The case enum of a oneof and its constants: calc_v1_Shape_kind_case, CALC_V1_SHAPE_KIND_NOT_SET,
  // CALC_V1_SHAPE_KIND_CIRCLE.
  const std::string& CaseType(const model::Oneof& oneof) const { return case_types_.at(&oneof); }
  const std::string& NotSet(const model::Oneof& oneof) const { return not_set_.at(&oneof); }
  const std::string& Case(const model::Field& field) const { return cases_.at(&field); }

  // The name that a method's functions begin with after the service's: "add" in calc_v1_Calc_add.
  const std::string& Method(const model::Method& method) const { return methods_.at(&method); }

  // `type` + "_" + `suffix`, made unique in the file. The same answer for the same arguments.
  std::string Function(const std::string& type, const std::string& suffix);

 private:
  void AddEnum(const model::Enum& enumeration);
  void AddMessage(const model::Message& message);
  void AddOneofs(const model::Message& message);
  void AddService(const model::Service& service);
  // Takes `name`, with underscores appended until it and all of it + a suffix are free.
  std::string Take(std::string name, const std::vector<std::string>& suffixes = {});

  std::set<std::string> taken_;
  std::map<const model::Message*, std::string> messages_;
  std::map<const model::Enum*, std::string> enums_;
  std::map<const model::Service*, std::string> services_;
  std::map<const model::EnumValue*, std::string> values_;
  std::map<const model::Method*, std::string> methods_;
  std::map<const model::Message*, MemberNames> members_;
  std::map<const model::Oneof*, std::string> case_types_;
  std::map<const model::Oneof*, std::string> not_set_;
  std::map<const model::Field*, std::string> cases_;
  std::map<std::string, std::string> functions_;
};

// The names of a file and of what it uses from others.
class Names {
 public:
  FileNames& Of(const model::File& file);
  const std::string& Type(const model::Message& message) { return Of(*message.file).Type(message); }
  const std::string& Type(const model::Enum& enumeration) {
    return Of(*enumeration.file).Type(enumeration);
  }

 private:
  std::map<const model::File*, std::unique_ptr<FileNames>> files_;
};

// Whether the struct has a field for it: groups are kept as unknown fields.
bool IsEmitted(const model::Field& field);

// Whether the struct has a `has_` flag for it.
bool HasFlag(const model::Field& field);

// "calc.v1.Calc" -> "calc_v1_Calc".
std::string Flat(std::string_view full_name);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_NAMING_H_
