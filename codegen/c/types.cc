#include "codegen/c/types.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace polycall::codegen::c {
namespace {

using model::FieldType;

struct TypeNames {
  std::string_view value;
  std::string_view array;
  std::string_view constant;
};

TypeNames Find(FieldType type) {
  switch (type) {
    case FieldType::kDouble:
      return {"double", "polycall_double_array", "DOUBLE"};
    case FieldType::kFloat:
      return {"float", "polycall_float_array", "FLOAT"};
    case FieldType::kInt64:
      return {"int64_t", "polycall_int64_array", "INT64"};
    case FieldType::kUint64:
      return {"uint64_t", "polycall_uint64_array", "UINT64"};
    case FieldType::kInt32:
      return {"int32_t", "polycall_int32_array", "INT32"};
    case FieldType::kFixed64:
      return {"uint64_t", "polycall_uint64_array", "FIXED64"};
    case FieldType::kFixed32:
      return {"uint32_t", "polycall_uint32_array", "FIXED32"};
    case FieldType::kBool:
      return {"bool", "polycall_bool_array", "BOOL"};
    case FieldType::kString:
      return {"polycall_string", "polycall_string_array", "STRING"};
    case FieldType::kGroup:
      return {"", "", ""};  // not emitted
    case FieldType::kMessage:
      return {"", "", "MESSAGE"};
    case FieldType::kBytes:
      return {"polycall_bytes", "polycall_bytes_array", "BYTES"};
    case FieldType::kUint32:
      return {"uint32_t", "polycall_uint32_array", "UINT32"};
    case FieldType::kEnum:
      return {"", "", "ENUM"};
    case FieldType::kSfixed32:
      return {"int32_t", "polycall_int32_array", "SFIXED32"};
    case FieldType::kSfixed64:
      return {"int64_t", "polycall_int64_array", "SFIXED64"};
    case FieldType::kSint32:
      return {"int32_t", "polycall_int32_array", "SINT32"};
    case FieldType::kSint64:
      return {"int64_t", "polycall_int64_array", "SINT64"};
  }
  return {};
}

}  // namespace

std::string ValueType(const model::Field& field, Names* names) {
  if (field.type == FieldType::kMessage) return names->Type(*field.message);
  if (field.type == FieldType::kEnum) return names->Type(*field.enumeration);
  return std::string(Find(field.type).value);
}

std::string MemberType(const model::Field& field, Names* names) {
  if (field.is_map()) return names->Type(*field.message) + "_map";
  const bool is_named = field.type == FieldType::kMessage || field.type == FieldType::kEnum;
  if (field.repeated()) {
    return is_named ? ValueType(field, names) + "_array" : std::string(Find(field.type).array);
  }
  return ValueType(field, names) + (field.type == FieldType::kMessage ? "*" : "");
}

std::string FieldTypeConstant(const model::Field& field) {
  return "POLYCALL_FIELD_" + std::string(Find(field.type).constant);
}

std::vector<const model::Field*> FieldsByNumber(const model::Message& message) {
  std::vector<const model::Field*> fields;
  for (const model::Field& field : message.fields) {
    if (IsEmitted(field)) fields.push_back(&field);
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto* left, const auto* right) { return left->number < right->number; });
  return fields;
}

std::vector<const model::Field*> EmittedFields(const model::Oneof& oneof) {
  std::vector<const model::Field*> fields;
  for (const model::Field* field : oneof.fields) {
    if (IsEmitted(*field)) fields.push_back(field);
  }
  return fields;
}

bool HasNonZeroDefault(const model::Field& field) {
  if (!IsEmitted(field) || field.repeated() || field.oneof != nullptr) return false;
  switch (field.type) {
    case FieldType::kDouble:
    case FieldType::kFloat:
      return field.default_double != 0 || std::signbit(field.default_double);
    case FieldType::kString:
    case FieldType::kBytes:
      return !field.default_string.empty();
    case FieldType::kMessage:
      return false;
    default:
      return field.default_integer != 0;
  }
}

std::string HeaderName(const model::File& file) { return file.base_name() + ".polycall.h"; }

}  // namespace polycall::codegen::c
