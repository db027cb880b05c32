#include "manifest/reader.h"

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <limits>
#include <set>

#include "manifest/units.h"
#include "polycall/scheduler/v1/manifest.pb.h"
#include "suggestion.h"

namespace polycall::scheduler {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const v1::FieldRules& RulesOf(const FieldDescriptor* field) {
  return field->options().GetExtension(v1::rules);
}

// "limits.memory" for messages about it.
std::string Join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

std::string KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a mapping";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "'" + node.Scalar() + "'";
    default:
      return "nothing";
  }
}

class Reader {
 public:
  Reader(const std::string& file, KeyPlaces* places) : file_(file), places_(places) {}

  std::vector<Mistake> Read(const YAML::Node& root, Message* message) {
    ReadMessage(root, "", message);
    return std::move(mistakes_);
  }

 private:
  void Say(const YAML::Node& node, std::string what) {
    const YAML::Mark mark = node.Mark();
    mistakes_.push_back(mark.is_null()
                            ? Mistake{file_, 0, 0, std::move(what)}
                            : Mistake{file_, mark.line + 1, mark.column + 1, std::move(what)});
  }

  void Note(const YAML::Node& node, const std::string& path) {
    if (const YAML::Mark mark = node.Mark(); !mark.is_null()) {
      (*places_)[path] = {mark.line + 1, mark.column + 1};
    }
  }

  void ReadMessage(const YAML::Node& node, const std::string& path, Message* message) {
    if (!node.IsMap()) {
      Say(node, (path.empty() ? "the file" : path) +
                    " has to be a mapping of keys to values, not " + KindOf(node));
      return;
    }
    const Descriptor* type = message->GetDescriptor();
    std::set<std::string> seen;
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : KindOf(entry.first);
      const FieldDescriptor* field = type->FindFieldByName(key);
      if (field == nullptr) {
        Say(entry.first, "unknown key '" + key + "'" + (path.empty() ? "" : " in " + path) +
                             cli::Suggestion(key, KeysOf(type)));
      } else if (!seen.insert(key).second) {
        Say(entry.first, "'" + Join(path, key) + "' is given twice");
      } else {
        CheckOneof(entry.first, path, field, *message);
        Note(entry.first, Join(path, key));
        ReadField(entry.second, Join(path, key), field, message);
      }
    }
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (RulesOf(field).required() && !seen.contains(field->name())) {
        Say(node, "'" + Join(path, field->name()) + "' is missing");
      }
    }
  }

  static std::vector<std::string> KeysOf(const Descriptor* type) {
    std::vector<std::string> keys;
    for (int i = 0; i < type->field_count(); ++i) {
      keys.push_back(type->field(i)->name());
    }
    return keys;
  }

  void CheckOneof(const YAML::Node& key, const std::string& path, const FieldDescriptor* field,
                  const Message& message) {
    const auto* oneof = field->containing_oneof();
    if (oneof == nullptr) {
      return;
    }
    const FieldDescriptor* other = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    if (other != nullptr) {
      Say(key, "'" + Join(path, field->name()) + "' and '" + Join(path, other->name()) +
                   "' exclude each other");
    }
  }

  void ReadField(const YAML::Node& node, const std::string& path, const FieldDescriptor* field,
                 Message* message) {
    if (field->is_map()) {
      ReadMap(node, path, field, message);
    } else if (field->is_repeated()) {
      if (!node.IsSequence()) {
        Say(node, "'" + path + "' has to be a list, not " + KindOf(node) + "; write [" +
                      (node.IsScalar() ? node.Scalar() : "...") + "]");
        return;
      }
      if (node.size() == 0 && RulesOf(field).required()) {
        Say(node, "'" + path + "' is empty");
      }
      for (size_t i = 0; i < node.size(); ++i) {
        const std::string element = path + "[" + std::to_string(i) + "]";
        Note(node[i], element);
        if (field->message_type() != nullptr) {
          ReadMessage(node[i], element, message->GetReflection()->AddMessage(message, field));
        } else {
          ReadScalar(node[i], element, field, message);
        }
      }
    } else if (field->message_type() != nullptr) {
      ReadMessage(node, path, message->GetReflection()->MutableMessage(message, field));
    } else {
      ReadScalar(node, path, field, message);
    }
  }

  // Maps of manifests have strings for keys and values.
  void ReadMap(const YAML::Node& node, const std::string& path, const FieldDescriptor* field,
               Message* message) {
    if (!node.IsMap()) {
      Say(node, "'" + path + "' has to be a mapping, not " + KindOf(node));
      return;
    }
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
        Say(entry.first, "'" + path + "' maps texts to texts; quote the value if it is one");
        continue;
      }
      if (!seen.insert(entry.first.Scalar()).second) {
        Say(entry.first, "'" + Join(path, entry.first.Scalar()) + "' is given twice");
        continue;
      }
      Message* pair = message->GetReflection()->AddMessage(message, field);
      const Descriptor* type = field->message_type();
      pair->GetReflection()->SetString(pair, type->map_key(), entry.first.Scalar());
      pair->GetReflection()->SetString(pair, type->map_value(), entry.second.Scalar());
    }
  }

  void ReadScalar(const YAML::Node& node, const std::string& path, const FieldDescriptor* field,
                  Message* message) {
    if (!node.IsScalar()) {
      Say(node, "'" + path + "' has to be " + Wanted(field) + ", not " + KindOf(node));
      return;
    }
    const std::string& text = node.Scalar();
    if (!Store(node, text, path, field, message)) {
      Say(node, "'" + path + "' has to be " + Wanted(field) + ", not '" + text + "'");
    }
  }

  // What fits `field`, for a person.
  static std::string Wanted(const FieldDescriptor* field) {
    switch (RulesOf(field).unit()) {
      case v1::UNIT_BYTES:
        return "a size with its unit, as 64 MiB";
      case v1::UNIT_NANOSECONDS:
        return "a time with its unit, as 250 ms";
      default:
        break;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return "true or false";
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return "a number";
      case FieldDescriptor::CPPTYPE_ENUM: {
        std::string names;
        for (int i = 1; i < field->enum_type()->value_count(); ++i) {
          names += (i == 1                                       ? ""
                    : i + 1 == field->enum_type()->value_count() ? " or "
                                                                 : ", ") +
                   EnumText(field->enum_type()->value(i));
        }
        return names;
      }
      case FieldDescriptor::CPPTYPE_STRING:
        return "a text";
      default:
        return "a whole number";
    }
  }

  // SANDBOX is written sandbox, HOST_NETWORK host-network.
  static std::string EnumText(const EnumValueDescriptor* value) {
    std::string text;
    for (const char c : value->name()) {
      text += c == '_' ? '-' : static_cast<char>(c | 0x20);
    }
    return text;
  }

  // False when the text does not fit the field's kind.
  bool Store(const YAML::Node& node, const std::string& text, const std::string& path,
             const FieldDescriptor* field, Message* message) {
    const Reflection* reflection = message->GetReflection();
    const bool add = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        add ? reflection->AddString(message, field, text)
            : reflection->SetString(message, field, text);
        if (text.empty() && RulesOf(field).required()) {
          Say(node, "'" + path + "' is empty");
        }
        return true;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (text != "true" && text != "false") {
          return false;
        }
        reflection->SetBool(message, field, text == "true");
        return true;
      case FieldDescriptor::CPPTYPE_ENUM:
        for (int i = 1; i < field->enum_type()->value_count(); ++i) {
          if (EnumText(field->enum_type()->value(i)) == text) {
            reflection->SetEnum(message, field, field->enum_type()->value(i));
            return true;
          }
        }
        return false;
      case FieldDescriptor::CPPTYPE_INT64: {
        const auto value =
            RulesOf(field).unit() == v1::UNIT_BYTES ? ParseBytes(text) : ParseDuration(text);
        if (value) {
          CheckBounds(node, path, field, static_cast<double>(*value));
          reflection->SetInt64(message, field, *value);
        }
        return value.has_value();
      }
      case FieldDescriptor::CPPTYPE_UINT32: {
        uint32_t value = 0;
        if (text.starts_with('-') || !YAML::convert<uint32_t>::decode(node, value)) {
          return false;
        }
        CheckBounds(node, path, field, value);
        reflection->SetUInt32(message, field, value);
        return true;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        if (!YAML::convert<double>::decode(node, value) || !std::isfinite(value)) {
          return false;
        }
        CheckBounds(node, path, field, value);
        reflection->SetDouble(message, field, value);
        return true;
      }
      default:
        return false;
    }
  }

  void CheckBounds(const YAML::Node& node, const std::string& path, const FieldDescriptor* field,
                   double value) {
    const v1::FieldRules& rules = RulesOf(field);
    if ((rules.least() != 0 && value < rules.least()) ||
        (rules.most() != 0 && value > rules.most())) {
      const auto show = [&](double bound) {
        const auto whole = static_cast<int64_t>(bound);
        if (rules.unit() == v1::UNIT_BYTES) return FormatBytes(whole);
        if (rules.unit() == v1::UNIT_NANOSECONDS) return FormatDuration(whole);
        std::string text = std::to_string(bound);
        text.erase(text.find_last_not_of('0') + 1);
        return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
      };
      Say(node, "'" + path + "' is " + node.Scalar() + ", and has to be " +
                    (rules.least() != 0 ? "at least " + show(rules.least()) : "") +
                    (rules.least() != 0 && rules.most() != 0 ? " and " : "") +
                    (rules.most() != 0 ? "at most " + show(rules.most()) : ""));
    }
  }

  const std::string& file_;
  KeyPlaces* const places_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

std::string Mistake::ToString() const {
  return file + (line > 0 ? ":" + std::to_string(line) + ":" + std::to_string(column) : "") + ": " +
         what;
}

std::vector<Mistake> ReadYaml(std::string_view text, const std::string& file, Message* message,
                              KeyPlaces* places) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.size() != 1) {
      return {{file, 0, 0, documents.empty() ? "the file is empty" : "more than one document"}};
    }
    return Reader(file, places).Read(documents.front(), message);
  } catch (const YAML::Exception& error) {
    return {{file, error.mark.line + 1, error.mark.column + 1, "this is not YAML: " + error.msg}};
  }
}

}  // namespace polycall::scheduler
