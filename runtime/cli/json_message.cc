#include "json_message.h"

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "failure.h"
#include "json_mismatch.h"
#include "json_text.h"
#include "polycall/polycall.h"

namespace polycall::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr char kTypePrefix[] = "type.googleapis.com";

std::string TypeUrl(const Descriptor& type) { return kTypePrefix + ("/" + type.full_name()); }

std::string FieldTemplate(const FieldDescriptor& field, int depth);

std::string MessageTemplate(const Descriptor& type, int depth) {
  const std::string& name = type.full_name();
  if (name == "google.protobuf.Timestamp") return "\"1970-01-01T00:00:00Z\"";
  if (name == "google.protobuf.Duration") return "\"0s\"";
  if (name == "google.protobuf.FieldMask") return "\"\"";
  if (name == "google.protobuf.Any") return "{\"@type\": \"\"}";
  if (type.well_known_type() >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE &&
      type.well_known_type() <= Descriptor::WELLKNOWNTYPE_BOOLVALUE) {
    return FieldTemplate(*type.field(0), depth);
  }
  if (name.starts_with("google.protobuf.") || depth > 3) return "{}";
  std::string text = "{";
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto* oneof = field.real_containing_oneof();
    if (oneof != nullptr && oneof->field(0) != &field) continue;  // one of them is enough
    if (text.size() > 1) text += ", ";
    text += JsonQuote(field.json_name()) + ": ";
    if (field.is_map()) {
      const FieldDescriptor& value = *field.message_type()->map_value();
      const FieldDescriptor& key = *field.message_type()->map_key();
      const std::string key_text = FieldTemplate(key, depth);
      text += "{" + (key_text.starts_with('"') ? key_text : JsonQuote(key_text)) + ": " +
              FieldTemplate(value, depth + 1) + "}";
    } else if (field.is_repeated()) {
      text += "[" + FieldTemplate(field, depth + 1) + "]";
    } else {
      text += FieldTemplate(field, depth + 1);
    }
  }
  return text + "}";
}

std::string FieldTemplate(const FieldDescriptor& field, int depth) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return "\"\"";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return JsonQuote(field.enum_type()->value(0)->name());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageTemplate(*field.message_type(), depth);
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "\"0\"";
    default:
      return "0";
  }
}

}  // namespace

JsonCodec::JsonCodec(const google::protobuf::DescriptorPool& pool, JsonStyle style)
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(kTypePrefix, &pool)),
      style_(style) {}

std::string JsonCodec::ToBytes(const Descriptor& type, std::string_view json,
                               const std::string& what) const {
  // Our own walk comes first: it is strict about what JSON is, and knows places and near names.
  const auto fail = [&](size_t offset, const std::string& message) {
    throw Failure(ExitCode::kBadInput, what + ", " + Place(json, offset) + ": " + message + "\n" +
                                           Excerpt(json, offset));
  };
  JsonValue value;
  JsonError error;
  if (!ParseJson(json, &value, &error)) fail(error.offset, "not JSON: " + error.message);
  if (FindMismatch(value, type, &error)) fail(error.offset, error.message);
  std::string bytes;
  const auto status = google::protobuf::util::JsonToBinaryString(resolver_.get(), TypeUrl(type),
                                                                 std::string(json), &bytes);
  if (!status.ok()) {
    throw Failure(ExitCode::kBadInput,
                  what + " is no " + type.full_name() + ": " + std::string(status.message()));
  }
  return bytes;
}

std::string JsonCodec::ToJson(const Descriptor& type, const std::string& bytes) const {
  return ToJson(type, bytes, style_.pretty);
}

std::string JsonCodec::ToJson(const Descriptor& type, const std::string& bytes, bool pretty) const {
  // protobuf's JSON writer prints what it can of malformed bytes; its parser says that they are.
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> parsed(factory.GetPrototype(&type)->New());
  if (!parsed->ParsePartialFromString(bytes)) {
    throw Failure(POLYCALL_INTERNAL,
                  "the response is no " + type.full_name() + ": malformed protobuf");
  }
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  options.always_print_primitive_fields = style_.defaults;
  options.preserve_proto_field_names = style_.proto_names;
  std::string json;
  const auto status = google::protobuf::util::BinaryToJsonString(resolver_.get(), TypeUrl(type),
                                                                 bytes, &json, options);
  if (!status.ok()) {
    throw Failure(POLYCALL_INTERNAL,
                  "the response is no " + type.full_name() + ": " + std::string(status.message()));
  }
  while (json.ends_with('\n')) json.pop_back();
  return json;
}

std::string JsonTemplate(const Descriptor& type) { return MessageTemplate(type, 0); }

}  // namespace polycall::cli
