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

}  // namespace

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

}  // namespace polycall::codegen::c
