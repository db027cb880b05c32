#include "codegen/model/fingerprint.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace polycall::codegen::model {
namespace {

struct Reached {
  std::map<std::string_view, const Message*> messages;
  std::map<std::string_view, const Enum*> enums;

  void Add(const Message* first) {
    std::vector<const Message*> waiting = {first};
    while (!waiting.empty()) {
      const Message* message = waiting.back();
      waiting.pop_back();
      if (!messages.emplace(message->full_name, message).second) continue;
      for (const Field& field : message->fields) {
        if (field.message != nullptr) waiting.push_back(field.message);
        if (field.enumeration != nullptr)
          enums.emplace(field.enumeration->full_name, field.enumeration);
      }
    }
  }
};

std::string FieldText(const Field& field) {
  std::string text = "  field " + std::to_string(field.number) + " " + field.name + " type " +
                     std::to_string(static_cast<int>(field.type)) + " presence " +
                     std::to_string(static_cast<int>(field.presence));
  if (field.message != nullptr) text += " " + field.message->full_name;
  if (field.enumeration != nullptr) text += " " + field.enumeration->full_name;
  if (field.oneof != nullptr) text += " oneof " + field.oneof->name;
  return text + "\n";
}

std::string MessageText(const Message& message) {
  std::vector<const Field*> fields;
  for (const Field& field : message.fields) fields.push_back(&field);
  std::sort(fields.begin(), fields.end(),
            [](const Field* a, const Field* b) { return a->number < b->number; });
  std::string text = "message " + message.full_name + "\n";
  for (const Field* field : fields) text += FieldText(*field);
  return text;
}

std::string EnumText(const Enum& enumeration) {
  std::map<std::string_view, int32_t> values;
  for (const EnumValue& value : enumeration.values) values.emplace(value.name, value.number);
  std::string text = "enum " + enumeration.full_name + "\n";
  for (const auto& [name, number] : values) {
    text += "  value " + std::to_string(number) + " " + std::string(name) + "\n";
  }
  return text;
}

}  // namespace

std::string CanonicalText(const Service& service) {
  Reached reached;
  std::map<std::string_view, const Method*> methods;
  for (const Method& method : service.methods) {
    methods.emplace(method.name, &method);
    reached.Add(method.request);
    reached.Add(method.response);
  }
  std::string text = "service " + service.full_name + "\n";
  for (const auto& [name, method] : methods) {
    text += "  rpc " + method->name + " kind " + std::to_string(static_cast<int>(method->kind)) +
            " " + method->request->full_name + " " + method->response->full_name + "\n";
  }
  for (const auto& [name, message] : reached.messages) text += MessageText(*message);
  for (const auto& [name, enumeration] : reached.enums) text += EnumText(*enumeration);
  return text;
}

uint64_t Fingerprint(const Service& service) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : CanonicalText(service)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return hash == 0 ? 1 : hash;
}

}  // namespace polycall::codegen::model
