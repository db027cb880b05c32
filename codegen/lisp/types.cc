#include "codegen/lisp/types.h"

namespace polycall::codegen::lisp {
namespace {

using model::FieldType;

const char* Scalar(const model::Field& field, const model::File& file) {
  switch (field.type) {
    case FieldType::kDouble:
      return ":double";
    case FieldType::kFloat:
      return ":float";
    case FieldType::kInt64:
      return ":int64";
    case FieldType::kUint64:
      return ":uint64";
    case FieldType::kInt32:
      return ":int32";
    case FieldType::kFixed64:
      return ":fixed64";
    case FieldType::kFixed32:
      return ":fixed32";
    case FieldType::kBool:
      return ":bool";
    case FieldType::kBytes:
      return ":bytes";
    case FieldType::kUint32:
      return ":uint32";
    case FieldType::kSfixed32:
      return ":sfixed32";
    case FieldType::kSfixed64:
      return ":sfixed64";
    case FieldType::kSint32:
      return ":sint32";
    case FieldType::kSint64:
      return ":sint64";
    case FieldType::kString:
      // proto2 lets any bytes be a string.
      return file.syntax == model::Syntax::kProto2 ? ":loose-string" : ":string";
    case FieldType::kGroup:
    case FieldType::kMessage:
    case FieldType::kEnum:
      break;
  }
  return "";
}

}  // namespace

Types::Types(const model::File& file) : file_(file), package_(PackageName(file.package)) {
  for (const auto& message : file.messages) Use(*message);
  for (const auto& service : file.services) {
    for (const model::Method& method : service->methods) {
      UseFile(method.request->file);
      UseFile(method.response->file);
    }
  }
}

void Types::UseFile(const model::File* file) {
  if (file != &file_) imports_[file->name] = file;
}

void Types::Use(const model::Message& message) {
  for (const model::Field& field : message.fields) {
    if (field.message != nullptr && field.type == FieldType::kMessage) {
      UseFile(field.message->file);
    }
    if (field.enumeration != nullptr) UseFile(field.enumeration->file);
  }
  for (const auto& nested : message.messages) Use(*nested);
}

std::vector<const model::File*> Types::imports() const {
  std::vector<const model::File*> files;
  for (const auto& [name, file] : imports_) files.push_back(file);
  return files;
}

const FileNames& Types::Names(const model::File& file) const {
  std::unique_ptr<FileNames>& names = names_[&file];
  if (names == nullptr) names = std::make_unique<FileNames>(file);
  return *names;
}

std::string Types::Qualified(const model::File& file, const std::string& name) const {
  const std::string package = PackageName(file.package);
  return package == package_ ? name : package + ":" + name;
}

std::string Types::Message(const model::Message& message) const {
  return Qualified(*message.file, Names(*message.file).Of(message).type);
}

std::string Types::Enum(const model::Enum& enumeration) const {
  return Qualified(*enumeration.file, Names(*enumeration.file).Of(enumeration).type);
}

std::string Types::Field(const model::Field& field) const {
  if (field.is_map()) {
    return "(:map " + Field(field.map_key()) + " " + Field(field.map_value()) + ")";
  }
  if (field.type == FieldType::kMessage) return Message(*field.message);
  if (field.type == FieldType::kEnum) {
    const bool closed = field.enumeration->file->syntax == model::Syntax::kProto2;
    return (closed ? "(:closed-enum " : "(:enum ") + Enum(*field.enumeration) + ")";
  }
  return Scalar(field, file_);
}

const std::string& Types::EnumDefault(const model::Field& field) const {
  const model::Enum& enumeration = *field.enumeration;
  const FileNames::EnumNames& names = Names(*enumeration.file).Of(enumeration);
  if (field.has_default) {
    for (size_t i = 0; i < names.values.size(); ++i) {
      if (enumeration.values[i].number == field.default_integer) return names.values[i];
    }
  }
  return names.values.front();
}

}  // namespace polycall::codegen::lisp
