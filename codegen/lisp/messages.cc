#include "codegen/lisp/messages.h"

#include <set>

#include "codegen/lisp/text.h"

namespace polycall::codegen::lisp {
namespace {

using model::Presence;

class MessageWriter {
 public:
  MessageWriter(const model::Message& message, const Types& types, Writer* writer)
      : message_(message), types_(types), names_(types.own().Of(message)), writer_(writer) {}

  void Write() {
    // The closing parenthesis stands behind the last line, whichever that is.
    const std::string head = "(polycall:define-message " + names_.type + " (" + Options() + ")";
    std::vector<Item> items = Items();
    std::vector<std::string> doc = DocLines(message_.comment);
    if (message_.deprecated) {
      if (!doc.empty()) doc.emplace_back();
      doc.emplace_back("Deprecated.");
    }
    writer_->Line();
    writer_->Line(head, doc.empty() && items.empty() ? ")" : "");
    const auto indented = writer_->Indented(2);
    if (!doc.empty()) WriteString("", doc, items.empty() ? ")" : "", writer_);
    for (size_t i = 0; i < items.size(); ++i) {
      WriteItem(items[i], i + 1 == items.size() ? ")" : "");
    }
  }

 private:
  // A field, or a oneof with its members.
  struct Item {
    const model::Field* field;
    const model::Oneof* oneof;
  };

  std::string Options() const {
    std::string options = ":name " + Quoted(message_.full_name);
    const auto unusual = [&](const char* key, const std::string& name, const std::string& usual) {
      if (name != usual) options += std::string(" ") + key + " " + name;
    };
    unusual(":constructor", names_.constructor, "make-" + names_.type);
    unusual(":predicate", names_.predicate, names_.type + "-p");
    unusual(":copier", names_.copier, "copy-" + names_.type);
    return options;
  }

  std::vector<Item> Items() const {
    std::vector<Item> items;
    std::set<const model::Oneof*> seen;
    for (const model::Field& field : message_.fields) {
      // Groups are kept as unknown fields.
      if (field.type == model::FieldType::kGroup) continue;
      if (field.oneof == nullptr) {
        items.push_back({&field, nullptr});
      } else if (seen.insert(field.oneof).second && !Members(*field.oneof).empty()) {
        items.push_back({nullptr, field.oneof});
      }
    }
    return items;
  }

  static std::vector<const model::Field*> Members(const model::Oneof& oneof) {
    std::vector<const model::Field*> members;
    for (const model::Field* field : oneof.fields) {
      if (field->type != model::FieldType::kGroup) members.push_back(field);
    }
    return members;
  }

  void WriteItem(const Item& item, const std::string& tail) {
    if (item.field != nullptr) {
      WriteField(*item.field, tail);
      return;
    }
    const FileNames::OneofNames& names = types_.own().Of(*item.oneof);
    std::string options;
    if (names.accessor != names_.type + "-" + names.name) options = ":accessor " + names.accessor;
    if (names.case_accessor != names.accessor + "-case") {
      options += (options.empty() ? ":case-accessor " : " :case-accessor ") + names.case_accessor;
    }
    const std::vector<std::string> doc = DocLines(item.oneof->comment);
    if (doc.empty()) {
      writer_->Line("(:oneof ", names.name, " (", options, ")");
    } else {
      WriteString("(:oneof " + names.name + " (" + options + (options.empty() ? "" : " ") + ":doc ",
                  doc, ")", writer_);
    }
    const auto indented = writer_->Indented(2);
    const std::vector<const model::Field*> members = Members(*item.oneof);
    for (size_t i = 0; i < members.size(); ++i) {
      WriteField(*members[i], i + 1 == members.size() ? ")" + tail : "");
    }
  }

  void WriteField(const model::Field& field, const std::string& tail) {
    const size_t index = static_cast<size_t>(&field - message_.fields.data());
    const std::string& name = names_.fields[index];
    std::string form = "(" + name + " " + std::to_string(field.number) + " " + types_.Field(field);
    if (field.is_map()) {
      if (field.map_value().type == model::FieldType::kEnum) {
        form += " :value-default :" + types_.EnumDefault(field.map_value());
      }
    } else {
      if (field.presence == Presence::kRepeated) form += " :label :repeated";
      if (field.presence == Presence::kRequired) form += " :label :required";
      if (field.presence == Presence::kExplicit && field.oneof == nullptr) {
        form += " :label :optional";
      }
      if (field.packed) form += " :packed cl:t";
      if (!field.repeated() && (field.has_default || field.type == model::FieldType::kEnum)) {
        const bool is_enum = field.type == model::FieldType::kEnum;
        form += " :default " + DefaultValue(field, is_enum ? types_.EnumDefault(field) : "");
      }
    }
    if (names_.accessors[index] != names_.type + "-" + name) {
      form += " :accessor " + names_.accessors[index];
    }
    std::vector<std::string> doc = DocLines(field.comment);
    if (field.deprecated) doc.emplace_back("Deprecated.");
    if (doc.empty()) {
      writer_->Line(form, ")", tail);
      return;
    }
    writer_->Line(form);
    const auto indented = writer_->Indented(2);
    WriteString(":doc ", doc, ")" + tail, writer_);
  }

  const model::Message& message_;
  const Types& types_;
  const FileNames::MessageNames& names_;
  Writer* const writer_;
};

}  // namespace

void WriteEnum(const model::Enum& enumeration, const Types& types, Writer* writer) {
  const FileNames::EnumNames& names = types.own().Of(enumeration);
  writer->Line();
  writer->Line("(polycall:define-enum ", names.type, " (:name ", Quoted(enumeration.full_name),
               ")");
  const auto indented = writer->Indented(2);
  const std::vector<std::string> doc = DocLines(enumeration.comment);
  if (!doc.empty()) WriteString("", doc, "", writer);
  for (size_t i = 0; i < names.values.size(); ++i) {
    const model::EnumValue& value = enumeration.values[i];
    const std::string head = "(:" + names.values[i] + " " + std::to_string(value.number);
    const std::string tail = i + 1 == names.values.size() ? "))" : ")";
    const std::vector<std::string> lines = DocLines(value.comment);
    if (lines.empty()) {
      writer->Line(head, tail);
    } else {
      WriteString(head + " ", lines, tail, writer);
    }
  }
}

void WriteMessage(const model::Message& message, const Types& types, Writer* writer) {
  for (const auto& enumeration : message.enums) WriteEnum(*enumeration, types, writer);
  for (const auto& nested : message.messages) {
    if (!nested->map_entry) WriteMessage(*nested, types, writer);
  }
  if (!message.group) MessageWriter(message, types, writer).Write();
}

}  // namespace polycall::codegen::lisp
