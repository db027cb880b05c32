#include "codegen/c/messages.h"

#include <string>

#include "codegen/c/accessors.h"
#include "codegen/c/text.h"
#include "codegen/c/types.h"

namespace polycall::codegen::c {
namespace {

using model::FieldType;

void AppendMessages(const model::Message& message, std::vector<const model::Message*>* all) {
  all->push_back(&message);
  for (const auto& nested : message.messages) AppendMessages(*nested, all);
}

void AppendEnums(const model::Message& message, std::vector<const model::Enum*>* all) {
  for (const auto& nested : message.enums) all->push_back(nested.get());
  for (const auto& nested : message.messages) AppendEnums(*nested, all);
}

void DeclareEnum(Writer* w, const model::Enum& enumeration, Names* names) {
  FileNames& file_names = names->Of(*enumeration.file);
  const std::string& type = file_names.Type(enumeration);
  w->Line();
  WriteComment(w, enumeration.comment);
  w->Line("typedef enum ", type, " {");
  for (size_t i = 0; i < enumeration.values.size(); ++i) {
    const model::EnumValue& value = enumeration.values[i];
    const auto deeper = w->Indented();
    WriteComment(w, value.comment, value.deprecated);
    // The least number has no literal of its own in C.
    const std::string number =
        value.number == INT32_MIN ? "-2147483647 - 1" : std::to_string(value.number);
    w->Line(file_names.Value(value), " = ", number, i + 1 == enumeration.values.size() ? "" : ",");
  }
  w->Line("} ", type, ";");
  w->Line("POLYCALL_DEFINE_ARRAY(", type, "_array, ", type, ");");
}

void DeclareOneof(Writer* w, const model::Message& message, const model::Oneof& oneof,
                  Names* names) {
  FileNames& file_names = names->Of(*message.file);
  const MemberNames& members = file_names.Members(message);
  WriteComment(w, oneof.comment);
  w->Line(file_names.CaseType(oneof), " ", members.oneof_case.at(&oneof), ";");
  w->Line("union {");
  for (const model::Field* field : EmittedFields(oneof)) {
    const auto deeper = w->Indented();
    WriteComment(w, field->comment, field->deprecated);
    w->Line(MemberType(*field, names), " ", members.field.at(field), ";");
  }
  w->Line("} ", members.oneof.at(&oneof), ";");
}

void DeclareStruct(Writer* w, const model::Message& message, Names* names) {
  FileNames& file_names = names->Of(*message.file);
  const std::string& type = file_names.Type(message);
  const MemberNames& members = file_names.Members(message);
  for (const auto& oneof : message.oneofs) {
    const auto fields = EmittedFields(*oneof);
    if (fields.empty()) continue;
    w->Line();
    w->Line("typedef enum ", file_names.CaseType(*oneof), " {");
    w->Line("  ", file_names.NotSet(*oneof), " = 0,");
    for (size_t i = 0; i < fields.size(); ++i) {
      w->Line("  ", file_names.Case(*fields[i]), " = ", fields[i]->number,
              i + 1 == fields.size() ? "" : ",");
    }
    w->Line("} ", file_names.CaseType(*oneof), ";");
  }
  w->Line();
  WriteComment(w, message.comment, message.deprecated);
  w->Line("struct ", type, " {");
  {
    const auto deeper = w->Indented();
    if (!message.map_entry) w->Line("polycall_unknown_fields* unknown_fields_;");
    for (const model::Field& field : message.fields) {
      if (!IsEmitted(field)) continue;
      if (field.oneof != nullptr) {
        if (EmittedFields(*field.oneof).front() == &field) {
          DeclareOneof(w, message, *field.oneof, names);
        }
        continue;
      }
      WriteComment(w, field.comment, field.deprecated);
      w->Line(MemberType(field, names), " ", members.field.at(&field), ";");
    }
    for (const model::Field& field : message.fields) {
      if (!message.map_entry && HasFlag(field)) w->Line("bool ", members.has.at(&field), ";");
    }
  }
  w->Line("};");
}

// `result` name(parameters) { call(arguments) tail }
struct CommonFunction {
  std::string head;
  std::vector<std::string> parameters;
  std::string call;
  std::vector<std::string> arguments;
  std::string tail;
};

std::vector<CommonFunction> CommonFunctions(const model::Message& message, Names* names) {
  FileNames& file_names = names->Of(*message.file);
  const std::string& type = file_names.Type(message);
  const std::string table = "&" + type + "_table";
  const auto name = [&](const char* suffix) { return file_names.Function(type, suffix); };
  const std::string pointer = "const " + type + "* ";
  return {
      {"void " + name("init"),
       {type + "* message"},
       "polycall_codec_init(",
       {table, "message"},
       ");"},
      {type + "* " + name("parse"),
       {"polycall_arena* arena", "const void* data", "size_t size", "polycall_status* status"},
       "return polycall_object_parse_new(",
       {table, "arena", "data", "size", "status"},
       ");"},
      {"size_t " + name("encoded_size"),
       {pointer + "message"},
       "return polycall_codec_size(",
       {table, "message"},
       ");"},
      {"int " + name("encode"),
       {pointer + "message", "void* out", "size_t size"},
       "return polycall_codec_encode(",
       {table, "message", "out", "size"},
       ") ? 0 : 1;"},
      {"bool " + name("copy"),
       {type + "* to", pointer + "from", "polycall_arena* arena"},
       "return polycall_codec_copy(",
       {table, "to", "from", "arena"},
       ");"},
      {"bool " + name("equal"),
       {pointer + "left", pointer + "right"},
       "return polycall_codec_equal(",
       {table, "left", "right"},
       ");"},
  };
}

void DeclareFunctions(Writer* w, const model::Message& message, Names* names) {
  const std::string& type = names->Type(message);
  w->Line();
  w->Line("extern const polycall_codec_table ", type, "_table;");
  if (message.map_entry) return;
  w->Line("extern const polycall_message_type ", type, "_type;");
  for (const CommonFunction& function : CommonFunctions(message, names)) {
    WriteList(w, function.head + "(", function.parameters, ");");
  }
  DeclareAccessors(w, message, names);
}

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
      const std::string submessage = field->type == FieldType::kMessage
                                         ? "&" + names->Type(*field->message) + "_table"
                                         : "NULL";
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

std::vector<const model::Message*> AllMessages(const model::File& file) {
  std::vector<const model::Message*> all;
  for (const auto& message : file.messages) AppendMessages(*message, &all);
  return all;
}

std::vector<const model::Enum*> AllEnums(const model::File& file) {
  std::vector<const model::Enum*> all;
  for (const auto& enumeration : file.enums) all.push_back(enumeration.get());
  for (const auto& message : file.messages) AppendEnums(*message, &all);
  return all;
}

bool NeedsMath(const model::File& file) {
  for (const model::Message* message : AllMessages(file)) {
    for (const model::Field& field : message->fields) {
      const bool is_float = field.type == FieldType::kFloat || field.type == FieldType::kDouble;
      if (is_float && field.default_double - field.default_double != 0) return true;  // inf, NaN
    }
  }
  return false;
}

void DeclareMessages(Writer* w, const model::File& file, Names* names) {
  for (const model::Enum* enumeration : AllEnums(file)) DeclareEnum(w, *enumeration, names);
  const std::vector<const model::Message*> messages = AllMessages(file);
  if (!messages.empty()) w->Line();
  for (const model::Message* message : messages) {
    const std::string& type = names->Type(*message);
    w->Line("typedef struct ", type, " ", type, ";");
    w->Line(message->map_entry ? "POLYCALL_DEFINE_MAP(" : "POLYCALL_DEFINE_ARRAY(", type,
            message->map_entry ? "_map, " : "_array, ", type, ");");
  }
  for (const model::Message* message : messages) {
    DeclareStruct(w, *message, names);
    DeclareFunctions(w, *message, names);
  }
}

void DefineMessages(Writer* w, const model::File& file, Names* names) {
  for (const model::Message* message : AllMessages(file)) {
    DefineTable(w, *message, names);
    if (!message->map_entry) DefineFunctions(w, *message, names);
  }
}

}  // namespace polycall::codegen::c
