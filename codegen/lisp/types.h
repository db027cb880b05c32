// Names of types as one file's generated code writes them.
#ifndef POLYCALL_CODEGEN_LISP_TYPES_H_
#define POLYCALL_CODEGEN_LISP_TYPES_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "codegen/lisp/naming.h"
#include "codegen/model/model.h"

namespace polycall::codegen::lisp {

// One thread at a time.
class Types {
 public:
  explicit Types(const model::File& file);

  const FileNames& own() const { return Names(file_); }
  const std::string& package() const { return package_; }

  // "add-request", or "google.protobuf:timestamp" of another package.
  std::string Message(const model::Message& message) const;
  std::string Enum(const model::Enum& enumeration) const;

  // What define-message takes as the type of `field`: ":int32", "tree", "(:enum side)".
  std::string Field(const model::Field& field) const;

  // The keyword, without its colon, that an enum field without a written default reads as.
  const std::string& EnumDefault(const model::Field& field) const;

  // Files whose types are used, in a stable order.
  std::vector<const model::File*> imports() const;

 private:
  const FileNames& Names(const model::File& file) const;
  std::string Qualified(const model::File& file, const std::string& name) const;
  void Use(const model::Message& message);
  void UseFile(const model::File* file);

  const model::File& file_;
  const std::string package_;
  std::map<std::string, const model::File*> imports_;
  mutable std::map<const model::File*, std::unique_ptr<FileNames>> names_;
};

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_TYPES_H_
