#include "json_mismatch.h"

#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "suggestion.h"

namespace polycall::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Type = JsonValue::Type;

class Walk {
 public:
  explicit Walk(JsonError* error) : error_(error) {}

  // All functions: true when a mismatch was found.
  bool Message(const JsonValue& value, const Descriptor& type) {
    if (value.type == Type::kNull) return false;
    // The well-known types have forms of their own; protobuf judges them.
    if (type.full_name().starts_with("google.protobuf.")) return false;
    if (value.type != Type::kObject) {
      return Found(value, type.full_name() + " is written as an object, {...}");
    }
    std::set<const FieldDescriptor*> seen;
    std::map<const google::protobuf::OneofDescriptor*, std::string> chosen;
    for (const JsonMember& member : value.members) {
      const FieldDescriptor* field = FindField(type, member.name);
      if (field == nullptr) {
        if (member.name.starts_with('[')) continue;  // an extension: protobuf judges it
        return Found(member.offset, "no field \"" + member.name + "\" in " + type.full_name() +
                                        Suggestion(member.name, FieldNames(type)));
      }
      if (!seen.insert(field).second) {
        return Found(member.offset, "field \"" + member.name + "\" comes twice");
      }
      if (member.value.type == Type::kNull) continue;
      if (const auto* oneof = field->real_containing_oneof()) {
        const auto [other, first] = chosen.emplace(oneof, member.name);
        if (!first) {
          return Found(member.offset, "\"" + member.name + "\" and \"" + other->second +
                                          "\" exclude each other (oneof " + oneof->name() + ")");
        }
      }
      if (Field(member.value, *field)) return true;
    }
    return false;
  }

 private:
  bool Found(size_t offset, std::string message) {
    error_->offset = offset;
    error_->message = std::move(message);
    return true;
  }
  bool Found(const JsonValue& value, std::string message) {
    return Found(value.offset, std::move(message));
  }

  static const FieldDescriptor* FindField(const Descriptor& type, const std::string& name) {
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor* field = type.field(i);
      if (field->json_name() == name || field->name() == name) return field;
    }
    return nullptr;
  }

  static std::vector<std::string> FieldNames(const Descriptor& type) {
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->json_name());
    return names;
  }

  bool Field(const JsonValue& value, const FieldDescriptor& field) {
    if (field.is_map()) {
      if (value.type != Type::kObject) {
        return Found(value, "\"" + field.json_name() + "\" is a map: an object, {...}");
      }
      for (const JsonMember& member : value.members) {
        if (One(member.value, *field.message_type()->map_value(), field)) return true;
      }
      return false;
    }
    if (!field.is_repeated()) return One(value, field, field);
    if (value.type != Type::kArray) {
      return Found(value, "\"" + field.json_name() + "\" is repeated: a list, [...]");
    }
    for (const JsonValue& item : value.items) {
      if (One(item, field, field)) return true;
    }
    return false;
  }

  // One value of `type`'s type; `named` gives the name for messages (of a map: the map's).
  bool One(const JsonValue& value, const FieldDescriptor& type, const FieldDescriptor& named) {
    const auto wants = [&](const std::string& what) {
      return Found(value, "\"" + named.json_name() + "\" takes " + what);
    };
    switch (type.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Message(value, *type.message_type());
      case FieldDescriptor::CPPTYPE_BOOL:
        return value.type != Type::kBool && wants("true or false");
      case FieldDescriptor::CPPTYPE_STRING:
        if (value.type == Type::kString) return false;
        return wants(type.type() == FieldDescriptor::TYPE_BYTES ? "base64 in double quotes"
                                                                : "text in double quotes");
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum(value, type, named);
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        if (value.type == Type::kNumber) return false;
        double number;
        const char* end = value.text.data() + value.text.size();
        const bool ok =
            value.type == Type::kString &&
            (value.text == "NaN" || value.text == "Infinity" || value.text == "-Infinity" ||
             std::from_chars(value.text.data(), end, number).ptr == end);
        return !ok && wants("a number");
      }
      case FieldDescriptor::CPPTYPE_INT32:
        return Integer(value, INT32_MIN, INT32_MAX, "a whole number from -2147483648 to 2147483647",
                       named);
      case FieldDescriptor::CPPTYPE_UINT32:
        return Integer(value, 0, UINT32_MAX, "a whole number from 0 to 4294967295", named);
      case FieldDescriptor::CPPTYPE_INT64:
        return Integer(value, INT64_MIN, INT64_MAX, "a whole number of 64 bits", named);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Integer(value, 0, UINT64_MAX, "a whole number of 64 bits, not negative", named);
    }
    return false;
  }

  bool Enum(const JsonValue& value, const FieldDescriptor& type, const FieldDescriptor& named) {
    const auto& enumeration = *type.enum_type();
    if (value.type == Type::kNumber || value.type == Type::kNull ||
        enumeration.full_name() == "google.protobuf.NullValue") {
      return false;
    }
    if (value.type == Type::kString && enumeration.FindValueByName(value.text) != nullptr) {
      return false;
    }
    std::vector<std::string> names;
    for (int i = 0; i < enumeration.value_count(); ++i) {
      names.push_back(enumeration.value(i)->name());
    }
    if (value.type != Type::kString) {
      return Found(value, "\"" + named.json_name() + "\" takes a name of " +
                              enumeration.full_name() + Suggestion("", names));
    }
    return Found(value, "no value \"" + value.text + "\" in " + enumeration.full_name() +
                            Suggestion(value.text, names));
  }

  template <typename Least, typename Greatest>
  bool Integer(const JsonValue& value, Least least, Greatest greatest, const char* what,
               const FieldDescriptor& named) {
    const auto fits = [&] {
      if (value.type != Type::kNumber && value.type != Type::kString) return false;
      const char* begin = value.text.data();
      const char* end = begin + value.text.size();
      if (value.text.find_first_of(".eE") != std::string::npos) {  // 1e3 and 2.0 are whole too
        double number = 0;
        return std::from_chars(begin, end, number).ptr == end && number == std::floor(number) &&
               number >= static_cast<double>(least) && number <= static_cast<double>(greatest);
      }
      if (least == 0) {
        uint64_t number = 0;
        const auto parsed = std::from_chars(begin, end, number);
        return parsed.ptr == end && parsed.ec == std::errc() && begin != end &&
               number <= static_cast<uint64_t>(greatest);
      }
      int64_t number = 0;
      const auto parsed = std::from_chars(begin, end, number);
      return parsed.ptr == end && parsed.ec == std::errc() && begin != end &&
             number >= static_cast<int64_t>(least) && number <= static_cast<int64_t>(greatest);
    };
    return !fits() && Found(value, "\"" + named.json_name() + "\" takes " + what);
  }

  JsonError* error_;
};

}  // namespace

bool FindMismatch(const JsonValue& value, const Descriptor& type, JsonError* error) {
  return Walk(error).Message(value, type);
}

}  // namespace polycall::cli
