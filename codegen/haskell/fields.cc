#include "codegen/haskell/fields.h"

#include <algorithm>

#include "codegen/haskell/text.h"

namespace polycall::codegen::haskell {
namespace {

using model::Field;
using model::FieldType;
using model::Presence;

// The name of the type's functions in Polycall.Wire: readInt32, sizeInt32, pokeInt32.
std::string Suffix(const Field& field, bool proto3) {
  switch (field.type) {
    case FieldType::kDouble:
      return "Double";
    case FieldType::kFloat:
      return "Float";
    case FieldType::kInt64:
      return "Int64";
    case FieldType::kUint64:
      return "Uint64";
    case FieldType::kInt32:
      return "Int32";
    case FieldType::kFixed64:
      return "Fixed64";
    case FieldType::kFixed32:
      return "Fixed32";
    case FieldType::kBool:
      return "Bool";
    case FieldType::kString:
      return proto3 ? "Text" : "RawText";
    case FieldType::kBytes:
      return "Bytes";
    case FieldType::kUint32:
      return "Uint32";
    case FieldType::kEnum:
      return "Enum";
    case FieldType::kSfixed32:
      return "Sfixed32";
    case FieldType::kSfixed64:
      return "Sfixed64";
    case FieldType::kSint32:
      return "Sint32";
    case FieldType::kSint64:
      return "Sint64";
    case FieldType::kGroup:
    case FieldType::kMessage:
      break;
  }
  return "";
}

bool IsMessage(const Field& field) { return field.type == FieldType::kMessage; }

// Numbers and bools, which vectors hold.
bool IsNumber(const Field& field) {
  return field.type != FieldType::kString && field.type != FieldType::kBytes &&
         field.type != FieldType::kEnum && !IsMessage(field);
}

uint32_t WireType(const Field& field) {
  switch (field.type) {
    case FieldType::kDouble:
    case FieldType::kFixed64:
    case FieldType::kSfixed64:
      return 1;
    case FieldType::kFloat:
    case FieldType::kFixed32:
    case FieldType::kSfixed32:
      return 5;
    case FieldType::kString:
    case FieldType::kBytes:
    case FieldType::kMessage:
      return 2;
    default:
      return 0;
  }
}

uint32_t Tag(const Field& field, uint32_t wire_type) {
  return static_cast<uint32_t>(field.number) << 3 | wire_type;
}

int TagSize(const Field& field) {
  int size = 1;
  for (uint32_t rest = Tag(field, 0) >> 7; rest != 0; rest >>= 7) ++size;
  return size;
}

// One field of a message, or the key or value of a map's entry.
class FieldText {
 public:
  FieldText(const Field& field, const model::File& file, Names* names)
      : field_(field),
        names_(names),
        suffix_(Suffix(field, file.syntax == model::Syntax::kProto3)),
        tag_(std::to_string(Tag(field, WireType(field)))),
        tag_size_(std::to_string(TagSize(field))) {}

  std::string Reader() const {
    if (field_.type == FieldType::kEnum) return "(W.readEnum :: W.Reader " + Type() + ")";
    return "W.read" + suffix_;
  }

  std::string Layout() const { return "(W.messageLayout :: W.Layout " + Type() + ")"; }

  std::string Type() const { return ValueType(field_, names_); }

  // The vector functions' argument, "W.int32".
  std::string Scalar() const { return "W." + LowerFirst(suffix_); }

  // Bytes of a value with its tag.
  std::string Bytes(const std::string& value) const {
    const uint32_t wire_type = WireType(field_);
    if (wire_type == 1) return std::to_string(TagSize(field_) + 8);
    if (wire_type == 5) return std::to_string(TagSize(field_) + 4);
    if (field_.type == FieldType::kBool) return std::to_string(TagSize(field_) + 1);
    return tag_size_ + " W.+ W.size" + suffix_ + " " + value;
  }

  std::string Size(const std::string& value) const {
    if (IsMessage(field_)) return "W.sizeMessage " + tag_size_ + " sizes " + value;
    return "W.known (" + Bytes(value) + ")";
  }

  // A function of a value.
  std::string SizeFunction() const {
    if (IsMessage(field_)) return "(W.sizeMessage " + tag_size_ + " sizes)";
    const std::string bytes = Bytes("x");
    return bytes.find('x') == std::string::npos ? "(\\_ -> W.known " + bytes + ")"
                                                : "(\\x -> W.known (" + bytes + "))";
  }

  std::string Poke() const {
    if (IsMessage(field_)) return "W.pokeMessage " + tag_ + " sizes";
    return "W.poke" + suffix_ + " " + tag_;
  }

  // Whether a value is the one that is not written.
  std::string IsZero(const std::string& value) const {
    switch (field_.type) {
      case FieldType::kDouble:
        return "(W.isZeroDouble " + value + ")";
      case FieldType::kFloat:
        return "(W.isZeroFloat " + value + ")";
      case FieldType::kBool:
        return "(W.not " + value + ")";
      case FieldType::kString:
        return "(W.isEmptyText " + value + ")";
      case FieldType::kBytes:
        return "(W.isEmptyBytes " + value + ")";
      case FieldType::kEnum:
        return "(W.enumNumber " + value + " W.== 0)";
      default:
        return "(" + value + " W.== 0)";
    }
  }

  const std::string& tag() const { return tag_; }
  const std::string& tag_size() const { return tag_size_; }
  const std::string& suffix() const { return suffix_; }

 private:
  const Field& field_;
  Names* const names_;
  const std::string suffix_;
  const std::string tag_;
  const std::string tag_size_;
};

class SlotWriter {
 public:
  SlotWriter(const model::Message& message, Names* names)
      : file_(*message.file), message_(message), names_(names) {}

  Slot Make(const Field& field, size_t index) {
    field_ = &field;
    place_ = "slots " + std::to_string(index + 1);
    variable_ = Variable(index);
    Slot slot;
    slot.number = field.number;
    Fill(field, &slot);
    Close(&slot);
    return slot;
  }

 private:
  void Fill(const Field& field, Slot* out) {
    Slot& slot = *out;
    if (field.oneof != nullptr) {
      slot.oneof = field.oneof;
      slot.name = names_->Own().Field(*field.oneof);
      Oneof(*field.oneof, &slot);
      return;
    }
    slot.field = &field;
    slot.name = names_->Own().Field(field);
    if (field.is_map()) {
      Map(&slot);
    } else if (field.repeated()) {
      Repeated(&slot);
    } else if (IsMessage(field)) {
      Message(&slot);
    } else {
      Single(&slot);
    }
  }

  // proto2's enums are closed: their parsers leave other numbers to the unknown fields.
  void Close(Slot* slot) const {
    if (file_.syntax != model::Syntax::kProto2) return;
    for (auto& [tag, parser] : slot->parsers) {
      const Field* const field = FieldOf(static_cast<int32_t>(tag >> 3));
      if (field->is_map() && field->map_value().type == FieldType::kEnum) {
        parser = "W.mapFieldIf (W.isOneOf " + Numbers(*field->map_value().enumeration) + ") " +
                 parser.substr(std::string("W.mapField ").size());
        const size_t place = parser.rfind(" slots ");
        parser.insert(place + std::string(" slots").size(), " tag");
      } else if (field->type == FieldType::kEnum && (tag & 7) == 0) {
        parser = "W.closedEnum " + Numbers(*field->enumeration) + " slots tag (" + parser + ")";
      } else if (field->type == FieldType::kEnum) {
        parser = "W.packedClosedEnums " + Numbers(*field->enumeration) + " " +
                 std::to_string(Tag(*field, 0)) + " " +
                 parser.substr(std::string("W.packedEnums ").size());
      }
    }
  }

  const Field* FieldOf(int32_t number) const {
    const auto found =
        std::find_if(message_.fields.begin(), message_.fields.end(),
                     [number](const Field& field) { return field.number == number; });
    return &*found;  // every parser is of a field of this message
  }

  static std::string Numbers(const model::Enum& enumeration) {
    std::string numbers;
    for (const model::EnumValue& value : enumeration.values) {
      numbers += (numbers.empty() ? "" : ", ") + std::to_string(value.number);
    }
    return "[" + numbers + "]";
  }

  FieldText Text(const Field& field) const { return FieldText(field, file_, names_); }

  void Map(Slot* slot) {
    const FieldText text = Text(*field_);
    const FieldText key = Text(field_->map_key());
    const FieldText value = Text(field_->map_value());
    const std::string entry = names_->Own().Beside(*field_, "Entry");
    slot->plain_type = "W.Map " + key.Type() + " " + value.Type();
    slot->type = "!(" + slot->plain_type + ")";
    slot->initial = "W.emptyMap";
    slot->unset = "W.noMap";
    slot->parsers = {{Tag(*field_, 2), "W.mapField " + entry + " " + place_}};
    slot->build = "W.mapSlot " + entry + " " + place_;
    const std::string size = key.Size("k") + " W.<> " + value.Size("x");
    const bool uses_key = key.Bytes("k").find('k') != std::string::npos;
    const bool uses_value =
        IsMessage(field_->map_value()) || value.Bytes("x").find('x') != std::string::npos;
    slot->size = {"W.sizeMap " + text.tag_size() + " sizes",
                  std::string("  (\\") + (uses_key ? "k" : "_") + (uses_value ? " x" : " _") +
                      " -> " + size + ") " + variable_};
    slot->poke = {"W.pokeMap " + std::to_string(Tag(*field_, 2)) + " sizes",
                  "  (\\k x -> " + key.Poke() + " k W.<> " + value.Poke() + " x) " + variable_};
  }

  void Repeated(Slot* slot) {
    const FieldText text = Text(*field_);
    const uint32_t own = Tag(*field_, WireType(*field_));
    const std::string value = " " + variable_;
    if (IsNumber(*field_)) {
      const std::string scalar = text.Scalar();
      slot->plain_type = "W.Vector " + text.Type();
      slot->initial = "W.emptyVector";
      slot->unset = "W.noVector";
      slot->parsers = {{own, "W.unpacked " + scalar + " " + place_},
                       {Tag(*field_, 2), "W.packed " + scalar + " " + place_}};
      slot->build = "W.vectorSlot " + place_;
      if (field_->packed) {
        slot->size = {"W.sizePacked " + scalar + " " + text.tag_size() + value};
        slot->poke = {"W.pokePacked " + scalar + " " + std::to_string(Tag(*field_, 2)) + value};
      } else {
        slot->size = {"W.sizeUnpacked " + scalar + " " + text.tag_size() + value};
        slot->poke = {"W.pokeUnpacked " + scalar + " " + text.tag() + value};
      }
      slot->type = "!(" + slot->plain_type + ")";
      return;
    }
    slot->plain_type = "[" + text.Type() + "]";
    slot->type = "!" + slot->plain_type;
    slot->initial = "[]";
    slot->unset = "W.noList";
    slot->build = "W.listSlot " + place_;
    slot->size = {"W.sizeList " + text.SizeFunction() + value};
    slot->poke = {"W.pokeList (" + text.Poke() + ")" + value};
    if (IsMessage(*field_)) {
      slot->parsers = {{own, "W.messages " + text.Layout() + " " + place_}};
      return;
    }
    slot->parsers = {{own, "W.list " + text.Reader() + " " + place_}};
    if (field_->type != FieldType::kEnum) return;
    slot->parsers.push_back({Tag(*field_, 2), "W.packedEnums " + text.Reader() + " " + place_});
    if (!field_->packed) return;
    slot->size = {"W.sizePackedEnums " + text.tag_size() + value};
    slot->poke = {"W.pokePackedEnums " + std::to_string(Tag(*field_, 2)) + value};
  }

  void Message(Slot* slot) {
    const FieldText text = Text(*field_);
    slot->plain_type = "W.Maybe " + text.Type();
    slot->type = "!(" + slot->plain_type + ")";
    slot->initial = "W.Nothing";
    slot->unset = "W.noMessage";
    slot->parsers = {{Tag(*field_, 2), "W.message " + text.Layout() + " " + place_}};
    slot->build = "W.messageSlot " + text.Layout() + " " + place_;
    if (field_->presence == Presence::kRequired) {
      const std::string value = "(W.requiredMessage " +
                                QuotedText(message_.full_name + "." + field_->name) + " " +
                                variable_ + ")";
      slot->build = "W.requiredMessageSlot " + text.Layout() + " " + place_ + " " +
                    std::to_string(field_->number);
      slot->size = {text.Size(value)};
      slot->poke = {text.Poke() + " " + value};
      return;
    }
    slot->size = {"W.sizeMaybe " + text.SizeFunction() + " " + variable_};
    slot->poke = {"W.pokeMaybe (" + text.Poke() + ") " + variable_};
  }

  void Single(Slot* slot) {
    const FieldText text = Text(*field_);
    const uint32_t own = Tag(*field_, WireType(*field_));
    const std::string initial = DefaultValue(*field_, names_);
    slot->plain_type = text.Type();
    slot->type = "!" + text.Type();
    if (field_->presence == Presence::kImplicit) {
      slot->initial = initial;
      slot->unset = "W.slotDefault (" + initial + " :: " + text.Type() + ")";
      slot->parsers = {{own, "W.plain " + text.Reader() + " " + place_}};
      slot->build = "W.slot " + place_;
      slot->size = {"W.sizeUnless " + text.IsZero(variable_) + " (" + text.Bytes(variable_) + ")"};
      slot->poke = {"W.pokeUnless " + text.IsZero(variable_) + " (" + text.Poke() + " " +
                    variable_ + ")"};
      return;
    }
    slot->unset = "W.noOptional";
    slot->parsers = {{own, "W.optional " + text.Reader() + " " + place_}};
    if (field_->presence == Presence::kRequired) {
      slot->initial = initial;
      slot->build = "W.requiredSlot " + place_ + " " + std::to_string(field_->number);
      slot->size = {text.Size(variable_)};
      slot->poke = {text.Poke() + " " + variable_};
      return;
    }
    slot->plain_type = "W.Maybe " + text.Type();
    slot->type = "!(" + slot->plain_type + ")";
    slot->initial = "W.Nothing";
    slot->build = "W.slot " + place_;
    slot->size = {"W.sizeMaybe " + text.SizeFunction() + " " + variable_};
    slot->poke = {"W.pokeMaybe (" + text.Poke() + ") " + variable_};
  }

  void Oneof(const model::Oneof& oneof, Slot* slot) {
    slot->plain_type = "W.Maybe " + names_->Own().Type(oneof);
    slot->type = "!(" + slot->plain_type + ")";
    slot->initial = "W.Nothing";
    slot->unset = "W.noOneof";
    slot->build = "W.oneofSlot " + place_;
    slot->size = {"W.sizeMaybe (\\member -> case member of"};
    slot->poke = {"W.pokeMaybe (\\member -> case member of"};
    for (const Field* field : oneof.fields) {
      if (!IsEmitted(*field)) continue;
      const FieldText text = Text(*field);
      const std::string& constructor = names_->Own().Member(*field);
      const std::string parser = IsMessage(*field)
                                     ? "W.oneofMessage " + std::to_string(field->number) + " " +
                                           constructor + " " + text.Layout()
                                     : "W.oneof " + constructor + " " + text.Reader();
      slot->parsers.push_back({Tag(*field, WireType(*field)), parser + " " + place_});
      const std::string size = text.Size("x");
      const bool uses = IsMessage(*field) || text.Bytes("x").find('x') != std::string::npos;
      slot->size.push_back("    " + constructor + (uses ? " x" : " _") + " -> " + size);
      slot->poke.push_back("    " + constructor + " x -> " + text.Poke() + " x");
    }
    slot->size.back() += ") " + variable_;
    slot->poke.back() += ") " + variable_;
  }

  const model::File& file_;
  const model::Message& message_;
  Names* const names_;
  const Field* field_ = nullptr;
  std::string place_;
  std::string variable_;
};

}  // namespace

std::string Variable(size_t index) { return "f" + std::to_string(index + 1); }

std::string ValueType(const Field& field, Names* names) {
  switch (field.type) {
    case FieldType::kDouble:
      return "W.Double";
    case FieldType::kFloat:
      return "W.Float";
    case FieldType::kInt64:
    case FieldType::kSfixed64:
    case FieldType::kSint64:
      return "W.Int64";
    case FieldType::kUint64:
    case FieldType::kFixed64:
      return "W.Word64";
    case FieldType::kInt32:
    case FieldType::kSfixed32:
    case FieldType::kSint32:
      return "W.Int32";
    case FieldType::kUint32:
    case FieldType::kFixed32:
      return "W.Word32";
    case FieldType::kBool:
      return "W.Bool";
    case FieldType::kString:
      return "W.Text";
    case FieldType::kBytes:
      return "W.ByteString";
    case FieldType::kEnum:
      return names->Type(*field.enumeration);
    case FieldType::kGroup:
    case FieldType::kMessage:
      break;
  }
  return names->Type(*field.message);
}

std::vector<Slot> Slots(const model::Message& message, Names* names) {
  std::vector<Slot> slots;
  std::vector<const model::Oneof*> seen;
  SlotWriter writer(message, names);
  for (const Field& field : message.fields) {
    if (!IsEmitted(field)) continue;
    if (field.oneof != nullptr) {
      if (std::find(seen.begin(), seen.end(), field.oneof) != seen.end()) continue;
      seen.push_back(field.oneof);
    }
    slots.push_back(writer.Make(field, slots.size()));
  }
  return slots;
}

std::vector<std::string> EntryDefinition(const Field& field, Names* names) {
  const model::File& file = *field.message->file;
  const FieldText key(field.map_key(), file, names);
  const FieldText value(field.map_value(), file, names);
  const std::string name = names->Own().Beside(field, "Entry");
  const std::string head = key.tag() + " " + key.Reader() + " " +
                           DefaultValue(field.map_key(), names) + " " + value.tag() + " ";
  std::vector<std::string> lines = {name + " :: W.MapEntry " + key.Type() + " " + value.Type()};
  if (IsMessage(field.map_value())) {
    lines.push_back(name + " = W.mapMessageEntry " + head + value.Layout());
  } else {
    lines.push_back(name + " = W.mapEntry " + head + value.Reader() + " " +
                    DefaultValue(field.map_value(), names));
  }
  return lines;
}

}  // namespace polycall::codegen::haskell
