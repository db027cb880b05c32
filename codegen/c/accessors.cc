#include "codegen/c/accessors.h"

#include <functional>
#include <string>
#include <vector>

#include "codegen/c/text.h"
#include "codegen/c/types.h"

namespace polycall::codegen::c {
namespace {

using model::FieldType;

struct Accessor {
  std::string result;  // with its trailing space or asterisk
  std::string name;
  std::vector<std::string> parameters;
  std::function<void(Writer*)> body;
};

// Everything about one message that the accessors are made of.
class Accessors {
 public:
  Accessors(const model::Message& message, Names* names)
      : message_(message),
        names_(*names),
        file_names_(names->Of(*message.file)),
        type_(file_names_.Type(message)),
        members_(file_names_.Members(message)) {}

  std::vector<Accessor> All() {
    for (const model::Field& field : message_.fields) {
      if (!IsEmitted(field)) continue;
      if (field.is_map()) {
        Map(field);
      } else if (field.repeated()) {
        Repeated(field);
      } else if (field.type == FieldType::kMessage) {
        Submessage(field);
      } else if (field.oneof != nullptr || HasFlag(field)) {
        Scalar(field);
      }
    }
    return std::move(all_);
  }

 private:
  std::string Name(const char* verb, const model::Field& field) {
    return file_names_.Function(type_, std::string(verb) + "_" + field.name);
  }

  // "message->kind.number" or "message->number".
  std::string Slot(const model::Field& field) const {
    const std::string& name = members_.field.at(&field);
    if (field.oneof == nullptr) return "message->" + name;
    return "message->" + members_.oneof.at(field.oneof) + "." + name;
  }

  // The statement that marks a field as present.
  std::string Mark(const model::Field& field) {
    if (field.oneof == nullptr) return "message->" + members_.has.at(&field) + " = true;";
    return "message->" + members_.oneof_case.at(field.oneof) + " = " + Case(field) + ";";
  }

  std::string Case(const model::Field& field) const { return file_names_.Case(field); }

  std::string Table(const model::Message& message) { return names_.Type(message) + "_table"; }

  void Scalar(const model::Field& field) {
    all_.push_back({"void ",
                    Name("set", field),
                    {type_ + "* message", ValueType(field, &names_) + " value"},
                    [slot = Slot(field), mark = Mark(field)](Writer* w) {
                      w->Line(mark);
                      w->Line(slot, " = value;");
                    }});
  }

  void Submessage(const model::Field& field) {
    const std::string submessage = ValueType(field, &names_);
    all_.push_back({submessage + "* ",
                    Name("mutable", field),
                    {type_ + "* message", "polycall_arena* arena"},
                    [this, &field, slot = Slot(field)](Writer* w) {
                      if (field.oneof == nullptr) {
                        w->Line("if (", slot, " == NULL) {");
                        {
                          const auto deeper = w->Indented();
                          NewSubmessage(w, slot, field);
                        }
                        w->Line("}");
                      } else {
                        const std::string which = "message->" + members_.oneof_case.at(field.oneof);
                        WriteList(w, "if (" + which + " != " + Case(field),
                                  {"|| " + slot + " == NULL"}, ") {");
                        {
                          const auto deeper = w->Indented();
                          NewSubmessage(w, slot, field);
                          w->Line("if (", slot, " == NULL) {");
                          w->Line("  ", which, " = ", file_names_.NotSet(*field.oneof), ";");
                          w->Line("  return NULL;");
                          w->Line("}");
                          w->Line(which, " = ", Case(field), ";");
                        }
                        w->Line("}");
                      }
                      w->Line("return ", slot, ";");
                    }});
  }

  void NewSubmessage(Writer* w, const std::string& slot, const model::Field& field) {
    w->Line(slot, " = polycall_codec_new(&", Table(*field.message), ", arena);");
  }

  void Repeated(const model::Field& field) {
    const std::string value = ValueType(field, &names_);
    if (field.type == FieldType::kMessage) {
      all_.push_back({value + "* ",
                      Name("add", field),
                      {type_ + "* message", "polycall_arena* arena"},
                      [this, &field, slot = Slot(field)](Writer* w) {
                        WriteList(w, "return polycall_codec_add(",
                                  {"&" + Table(*field.message), "&" + slot, "arena"}, ");");
                      }});
      return;
    }
    all_.push_back({"bool ",
                    Name("add", field),
                    {type_ + "* message", "polycall_arena* arena", value + " value"},
                    [value, slot = Slot(field)](Writer* w) {
                      WriteList(w, value + "* const slot = polycall_array_add(",
                                {"&" + slot, "arena", "sizeof(" + value + ")"}, ");");
                      w->Line("if (slot == NULL) return false;");
                      w->Line("*slot = value;");
                      w->Line("return true;");
                    }});
  }

  void Map(const model::Field& field) {
    const std::string entry = names_.Type(*field.message);
    const model::Field& key = field.map_key();
    const model::Field& value = field.map_value();
    const bool is_message = value.type == FieldType::kMessage;
    const std::string value_type = ValueType(value, &names_);
    const std::string address = is_message ? "" : "&";
    const std::string key_parameter = ValueType(key, &names_) + " key";
    const MemberNames& members = names_.Of(*field.message->file).Members(*field.message);
    const std::string found = "entry->" + members.field.at(&value);
    all_.push_back({"const " + value_type + "* ",
                    Name("get", field),
                    {"const " + type_ + "* message", key_parameter},
                    [=, this, &field, slot = Slot(field)](Writer* w) {
                      WriteList(w, "const " + entry + "* const entry = polycall_map_find(",
                                {"&" + Table(*field.message), "&" + slot, "&key"}, ");");
                      w->Line("return entry == NULL ? NULL : ", address, found, ";");
                    }});
    all_.push_back({value_type + "* ",
                    Name("put", field),
                    {type_ + "* message", "polycall_arena* arena", key_parameter},
                    [=, this, &field, slot = Slot(field)](Writer* w) {
                      WriteList(w, entry + "* const entry = polycall_map_put(",
                                {"&" + Table(*field.message), "&" + slot, "arena", "&key"}, ");");
                      w->Line("return entry == NULL ? NULL : ", address, found, ";");
                    }});
  }

  const model::Message& message_;
  Names& names_;
  FileNames& file_names_;
  const std::string& type_;
  const MemberNames& members_;
  std::vector<Accessor> all_;
};

}  // namespace

void DeclareAccessors(Writer* w, const model::Message& message, Names* names) {
  for (const Accessor& accessor : Accessors(message, names).All()) {
    WriteList(w, accessor.result + accessor.name + "(", accessor.parameters, ");");
  }
}

void DefineAccessors(Writer* w, const model::Message& message, Names* names) {
  Accessors accessors(message, names);
  for (const Accessor& accessor : accessors.All()) {
    w->Line();
    WriteList(w, accessor.result + accessor.name + "(", accessor.parameters, ") {");
    {
      const auto deeper = w->Indented();
      accessor.body(w);
    }
    w->Line("}");
  }
}

}  // namespace polycall::codegen::c
