#include "codegen/haskell/messages.h"

#include <algorithm>
#include <set>

#include "codegen/haskell/fields.h"
#include "codegen/haskell/text.h"

namespace polycall::codegen::haskell {
namespace {

void AppendMessages(const model::Message& message, std::vector<const model::Message*>* all) {
  if (message.map_entry) return;
  all->push_back(&message);
  for (const auto& nested : message.messages) AppendMessages(*nested, all);
}

void AppendEnums(const model::Message& message, std::vector<const model::Enum*>* all) {
  for (const auto& nested : message.enums) all->push_back(nested.get());
  for (const auto& nested : message.messages) AppendEnums(*nested, all);
}

// The values that are constructors, and those that are other names of one.
struct Values {
  std::vector<const model::EnumValue*> constructors;
  std::vector<std::pair<const model::EnumValue*, const model::EnumValue*>> aliases;
};

Values Sorted(const model::Enum& enumeration) {
  Values values;
  for (const model::EnumValue& value : enumeration.values) {
    const auto first =
        std::find_if(values.constructors.begin(), values.constructors.end(),
                     [&](const model::EnumValue* known) { return known->number == value.number; });
    if (first == values.constructors.end()) {
      values.constructors.push_back(&value);
    } else {
      values.aliases.push_back({&value, *first});
    }
  }
  return values;
}

std::string Number(int32_t number) {
  return number < 0 ? "(" + std::to_string(number) + ")" : std::to_string(number);
}

void WriteEnum(Writer* w, const model::Enum& enumeration, Names* names) {
  const FileNames& own = names->Own();
  const std::string& type = own.Type(enumeration);
  const std::string& unrecognized = own.Unrecognized(enumeration);
  const Values values = Sorted(enumeration);
  w->Line();
  WriteComment(w, "|", enumeration.comment, false, "The enum @" + enumeration.full_name + "@.");
  w->Line("data ", type);
  {
    const auto deeper = w->Indented();
    for (size_t i = 0; i < values.constructors.size(); ++i) {
      const model::EnumValue& value = *values.constructors[i];
      w->Line(i == 0 ? "= " : "| ", own.Value(value));
      const auto comment = w->Indented();
      WriteComment(w, "^", value.comment, value.deprecated);
    }
    w->Line("| ", unrecognized, " !W.Int32");
    w->Line("  -- ^ A number that has no name here.");
    w->Line("deriving (W.Eq, W.Ord, W.Show)");
  }
  w->Line();
  w->Line("instance W.ProtoEnum ", type, " where");
  {
    const auto deeper = w->Indented();
    w->Line("enumNumber value = case value of");
    for (const model::EnumValue* value : values.constructors) {
      w->Line("  ", own.Value(*value), " -> ", Number(value->number));
    }
    w->Line("  ", unrecognized, " number -> number");
    w->Line("enumValue number = case number of");
    for (const model::EnumValue* value : values.constructors) {
      w->Line("  ", Number(value->number), " -> ", own.Value(*value));
    }
    w->Line("  _ -> ", unrecognized, " number");
  }
  for (const auto& [alias, value] : values.aliases) {
    w->Line();
    WriteComment(w, "|", alias->comment, alias->deprecated,
                 "Another name of '" + own.Value(*value) + "'.");
    w->Line("pattern ", own.Value(*alias), " :: ", type);
    w->Line("pattern ", own.Value(*alias), " = ", own.Value(*value));
  }
}

void WriteOneof(Writer* w, const model::Message& message, const model::Oneof& oneof, Names* names) {
  const FileNames& own = names->Own();
  w->Line();
  WriteComment(w, "|", oneof.comment, false,
               "The oneof @" + oneof.name + "@ of '" + own.Type(message) + "'.");
  w->Line("data ", own.Type(oneof));
  const auto deeper = w->Indented();
  bool first = true;
  for (const model::Field* field : oneof.fields) {
    if (!IsEmitted(*field)) continue;
    w->Line(first ? "= " : "| ", own.Member(*field), " !", ValueType(*field, names));
    const auto comment = w->Indented();
    WriteComment(w, "^", field->comment, field->deprecated);
    first = false;
  }
  w->Line("deriving (W.Eq, W.Show)");
}

void WriteRecord(Writer* w, const model::Message& message, const std::vector<Slot>& slots,
                 Names* names) {
  const FileNames& own = names->Own();
  w->Line();
  WriteComment(w, "|", message.comment, message.deprecated,
               "The message @" + message.full_name + "@.");
  w->Line("data ", own.Type(message), " = ", own.Type(message));
  const auto deeper = w->Indented();
  for (size_t i = 0; i < slots.size(); ++i) {
    w->Line(i == 0 ? "{ " : ", ", slots[i].name, " :: ", slots[i].type);
    const auto comment = w->Indented(2);
    if (slots[i].field != nullptr) {
      WriteComment(w, "^", slots[i].field->comment, slots[i].field->deprecated);
    }
  }
  w->Line(slots.empty() ? "{ " : ", ", own.Unknown(message), " :: !W.UnknownFields");
  w->Line("}");
  w->Line("deriving (W.Eq, W.Show)");
}

// The record applied to an argument for each slot and one for the unknown fields.
void WriteApplied(Writer* w, const std::string& head, const std::vector<std::string>& arguments,
                  const std::string& tail) {
  std::string line = head;
  const size_t width = 100 - static_cast<size_t>(w->column());
  for (const std::string& argument : arguments) {
    if (line.size() + 1 + argument.size() + tail.size() > width) {
      w->Line(line);
      line = "   ";
    }
    line += " " + argument;
  }
  w->Line(line, tail);
}

// Parts joined by `operator`, one a line.
void WriteSum(Writer* w, const std::vector<std::vector<std::string>>& parts) {
  if (parts.empty()) {
    w->Line("W.mempty");
    return;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    w->Line(i == 0 ? "" : "W.<> ", parts[i][0]);
    for (size_t j = 1; j < parts[i].size(); ++j) w->Line(i == 0 ? "" : "  ", parts[i][j]);
  }
}

void WriteInstance(Writer* w, const model::Message& message, const std::vector<Slot>& slots,
                   Names* names) {
  const FileNames& own = names->Own();
  const std::string& type = own.Type(message);
  std::vector<std::string> initial;
  std::vector<std::string> variables;
  bool uses_sizes = false;
  for (size_t i = 0; i < slots.size(); ++i) {
    initial.push_back(slots[i].initial);
    variables.push_back(Variable(i));
    for (const std::string& line : slots[i].size) {
      uses_sizes = uses_sizes || line.find(" sizes") != std::string::npos;
    }
  }
  initial.push_back("W.noUnknownFields");
  variables.push_back("unknown");

  w->Line();
  w->Line("instance W.Message ", type, " where");
  const auto deeper = w->Indented();
  w->Line("messageName _ = ", QuotedText(message.full_name));
  WriteApplied(w, "defaultMessage = " + type, initial, "");
  w->Line("messageUnknownFields = ", own.Unknown(message));
  w->Line("messageLayout = W.Layout");
  {
    const auto layout = w->Indented();
    w->Line("{ W.layoutTemplate = W.template");
    for (size_t i = 0; i < slots.size(); ++i) {
      w->Line("    ", i == 0 ? "[ " : ", ", slots[i].unset);
    }
    w->Line("    ", slots.empty() ? "[]" : "]");
    w->Line(", W.layoutField = \\slots tag -> case tag of");
    {
      const auto alternatives = w->Indented(2);
      for (const Slot& slot : slots) {
        for (const auto& [tag, parser] : slot.parsers) w->Line(tag, " -> ", parser);
      }
      w->Line("_ -> W.unknown slots tag");
    }
    w->Line(", W.layoutBuild = \\slots -> do");
    {
      const auto body = w->Indented(2);
      for (size_t i = 0; i < slots.size(); ++i) w->Line(Variable(i), " <- ", slots[i].build);
      w->Line("unknown <- W.unknownSlot slots");
      WriteApplied(w, "W.return (" + type, variables, ")");
    }
    w->Line("}");
  }
  std::vector<size_t> order(slots.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return slots[a].number < slots[b].number; });
  for (const bool poke : {false, true}) {
    std::vector<std::vector<std::string>> parts;
    for (const size_t i : order) parts.push_back(poke ? slots[i].poke : slots[i].size);
    parts.push_back({poke ? "W.pokeUnknown unknown" : "W.sizeUnknown unknown"});
    WriteApplied(w,
                 std::string(poke ? "messagePoke" : "messageSize") +
                     (uses_sizes ? " sizes (" : " _ (") + type,
                 variables, ") =");
    const auto body = w->Indented();
    WriteSum(w, parts);
  }
}

void WriteMessage(Writer* w, const model::Message& message, Names* names) {
  const std::vector<Slot> slots = Slots(message, names);
  WriteRecord(w, message, slots, names);
  for (const Slot& slot : slots) {
    if (slot.oneof != nullptr) WriteOneof(w, message, *slot.oneof, names);
  }
  WriteInstance(w, message, slots, names);
  for (const Slot& slot : slots) {
    if (slot.field == nullptr) continue;
    if (slot.field->is_map()) {
      w->Line();
      for (const std::string& line : EntryDefinition(*slot.field, names)) w->Line(line);
    }
    if (!slot.field->has_default) continue;
    const std::string name = names->Own().Beside(*slot.field, "Default");
    w->Line();
    w->Line("-- | What '", slot.name, "' means when it is absent.");
    w->Line(name, " :: ", ValueType(*slot.field, names));
    w->Line(name, " = ", DefaultValue(*slot.field, names));
  }
}

}  // namespace

std::vector<const model::Message*> AllMessages(const model::File& file) {
  std::vector<const model::Message*> all;
  for (const auto& message : file.messages) AppendMessages(*message, &all);
  return all;
}

std::vector<const model::Enum*> AllEnums(const model::File& file) {
  std::vector<const model::Enum*> all;
  for (const auto& message : file.messages) AppendEnums(*message, &all);
  for (const auto& enumeration : file.enums) all.push_back(enumeration.get());
  return all;
}

std::vector<std::string> MessageExports(const model::File& file, Names* names) {
  std::vector<std::string> exports;
  FileNames& own = names->Own();
  for (const model::Message* message : AllMessages(file)) {
    exports.push_back(own.Type(*message) + " (..)");
    std::set<const model::Oneof*> seen;
    for (const model::Field& field : message->fields) {
      if (!IsEmitted(field)) continue;
      if (field.oneof != nullptr && seen.insert(field.oneof).second) {
        exports.push_back(own.Type(*field.oneof) + " (..)");
      }
      if (field.oneof == nullptr && field.has_default) {
        exports.push_back(own.Beside(field, "Default"));
      }
    }
  }
  for (const model::Enum* enumeration : AllEnums(file)) {
    exports.push_back(own.Type(*enumeration) + " (..)");
    for (const auto& alias : Sorted(*enumeration).aliases) {
      exports.push_back("pattern " + own.Value(*alias.first));
    }
  }
  return exports;
}

void WriteMessages(Writer* w, const model::File& file, Names* names) {
  for (const model::Message* message : AllMessages(file)) WriteMessage(w, *message, names);
  for (const model::Enum* enumeration : AllEnums(file)) WriteEnum(w, *enumeration, names);
}

}  // namespace polycall::codegen::haskell
