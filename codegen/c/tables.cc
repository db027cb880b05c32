// The tables of messages, and the functions that stand on them.
#include <set>
#include <string>
#include <vector>

#include "codegen/c/accessors.h"
#include "codegen/c/messages.h"
#include "codegen/c/text.h"
#include "codegen/c/types.h"

namespace polycall::codegen::c {
namespace {

using model::FieldType;

std::string Label(const model::Message& message, const model::Field& field) {
  if (field.is_map()) return "POLYCALL_FIELD_MAP";
  if (message.map_entry) return "POLYCALL_FIELD_ALWAYS";
  if (field.repeated()) return "POLYCALL_FIELD_REPEATED";
  if (field.oneof != nullptr) return "POLYCALL_FIELD_ONEOF";
  return HasFlag(field) ? "POLYCALL_FIELD_HAS" : "POLYCALL_FIELD_IMPLICIT";
}

std::string Flags(const model::Message& message, const model::Field& field) {
  std::string flags;
  const auto add = [&](const char* flag) {
    flags += (flags.empty() ? "" : " | ") + std::string(flag);
  };
  if (field.repeated() && field.packed) add("POLYCALL_FIELD_PACKED");
  if (field.type == FieldType::kString && message.file->syntax == model::Syntax::kProto3) {
    add("POLYCALL_FIELD_UTF8");
  }
  if (field.presence == model::Presence::kRequired) add("POLYCALL_FIELD_REQUIRED");
  return flags.empty() ? "0" : flags;
}

// The value that a field has in a fresh message: an enum's constant, else a literal.
std::string Default(const model::Field& field, Names* names) {
  std::string enum_value;
  if (field.type == FieldType::kEnum) {
    FileNames& file_names = names->Of(*field.enumeration->file);
    for (const model::EnumValue& value : field.enumeration->values) {
      if (value.number != field.default_integer) continue;
      enum_value = file_names.Value(value);
      break;
    }
  }
  return DefaultValue(field, enum_value);
}

void DefinePrototype(Writer* w, const model::Message& message, Names* names) {
  FileNames& file_names = names->Of(*message.file);
  const std::string& type = file_names.Type(message);
  w->Line();
  w->Line("static const ", type, " ", file_names.Function(type, "prototype"), " = {");
  for (const model::Field& field : message.fields) {
    if (!HasNonZeroDefault(field)) continue;
    w->Line("    .", file_names.Members(message).field.at(&field), " = ", Default(field, names),
            ",");
  }
  w->Line("};");
}

// Whether the field keeps none but its enum's own numbers.
bool IsClosedEnum(const model::Message& message, const model::Field& field) {
  return field.type == FieldType::kEnum && message.file->syntax == model::Syntax::kProto2;
}

// The name of an enum's numbers in this file's tables.
std::string ClosedEnum(const model::Message& user, const model::Enum& enumeration, Names* names) {
  return names->Of(*user.file).Function(names->Type(enumeration), "closed");
}

// What the fields of proto2's enums point to, for the enums that this file's messages use.
void DefineClosedEnums(Writer* w, const model::File& file, Names* names) {
  std::set<const model::Enum*> done;
  for (const model::Message* message : AllMessages(file)) {
    for (const model::Field& field : message->fields) {
      if (!IsEmitted(field) || !IsClosedEnum(*message, field)) continue;
      const model::Enum& enumeration = *field.enumeration;
      if (!done.insert(&enumeration).second) continue;
      std::set<int32_t> numbers;
      for (const model::EnumValue& value : enumeration.values) numbers.insert(value.number);
      std::vector<std::string> items;
      for (const int32_t number : numbers) {
        items.push_back(number == INT32_MIN ? "-2147483647 - 1" : std::to_string(number));
      }
      const std::string array =
          names->Of(file).Function(names->Type(enumeration), "closed_numbers");
      w->Line();
      WriteList(w, "static const int32_t " + array + "[] = {", items, "};");
      WriteList(
          w,
          "static const polycall_codec_table " + ClosedEnum(*message, enumeration, names) + " = {",
          {Quoted(enumeration.full_name), "NULL", std::to_string(items.size()), "0", "0",
           "POLYCALL_CODEC_CLOSED_ENUM", array},
          "};");
    }
  }
}

void DefineTable(Writer* w, const model::Message& message, Names* names) {
  FileNames& file_names = names->Of(*message.file);
  const std::string& type = file_names.Type(message);
  const MemberNames& members = file_names.Members(message);
  const std::vector<const model::Field*> fields = FieldsByNumber(message);
  bool has_prototype = false;
  bool has_required = false;
  for (const model::Field* field : fields) {
    has_prototype = has_prototype || HasNonZeroDefault(*field);
    has_required = has_required || field->presence == model::Presence::kRequired;
  }
  if (has_prototype) DefinePrototype(w, message, names);
  const std::string field_table = fields.empty() ? "NULL" : file_names.Function(type, "fields");
  size_t dense = 0;
  while (dense < fields.size() && fields[dense]->number == static_cast<int32_t>(dense) + 1) ++dense;
  w->Line();
  if (!fields.empty()) {
    w->Line("static const polycall_codec_field ", field_table, "[] = {");
    for (const model::Field* field : fields) {
      const bool in_oneof = field->oneof != nullptr;
      const std::string& member =
          in_oneof ? members.oneof.at(field->oneof) : members.field.at(field);
      std::string presence = "0";
      if (in_oneof) {
        presence = "offsetof(" + type + ", " + members.oneof_case.at(field->oneof) + ")";
      } else if (!message.map_entry && HasFlag(*field)) {
        presence = "offsetof(" + type + ", " + members.has.at(field) + ")";
      }
      std::string submessage = "NULL";
      if (field->type == FieldType::kMessage) {
        submessage = "&" + names->Type(*field->message) + "_table";
      } else if (IsClosedEnum(message, *field)) {
        submessage = "&" + ClosedEnum(message, *field->enumeration, names);
      }
      const auto deeper = w->Indented(2);
      WriteList(w, "{",
                {std::to_string(field->number), "offsetof(" + type + ", " + member + ")", presence,
                 FieldTypeConstant(*field), Label(message, *field), Flags(message, *field), "0",
                 submessage},
                "},");
    }
    w->Line("};");
  }
  std::string flags = message.map_entry ? "POLYCALL_CODEC_MAP_ENTRY"
                      : has_required    ? "POLYCALL_CODEC_HAS_REQUIRED"
                                        : "0";
  WriteList(w, "const polycall_codec_table " + type + "_table = {",
            {Quoted(message.full_name), field_table, std::to_string(fields.size()),
             std::to_string(dense), "sizeof(" + type + ")", flags,
             has_prototype ? "&" + file_names.Function(type, "prototype") : "NULL"},
            "};");
}

void DefineFunctions(Writer* w, const model::Message& message, Names* names) {
  const std::string& type = names->Type(message);
  w->Line();
  WriteList(w, "const polycall_message_type " + type + "_type = POLYCALL_OBJECT_TYPE_INIT(",
            {Quoted(message.full_name), "&" + type + "_table"}, ");");
  for (const CommonFunction& function : CommonFunctions(message, names)) {
    w->Line();
    WriteList(w, function.head + "(", function.parameters, ") {");
    {
      const auto deeper = w->Indented();
      WriteList(w, function.call, function.arguments, function.tail);
    }
    w->Line("}");
  }
  DefineAccessors(w, message, names);
}

}  // namespace

void DefineMessages(Writer* w, const model::File& file, Names* names) {
  DefineClosedEnums(w, file, names);
  for (const model::Message* message : AllMessages(file)) {
    DefineTable(w, *message, names);
    if (!message->map_entry) DefineFunctions(w, *message, names);
  }
}

}  // namespace polycall::codegen::c
