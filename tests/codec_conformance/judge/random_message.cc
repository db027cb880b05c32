#include "random_message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstring>
#include <limits>
#include <vector>

namespace polycall::codec_conformance {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

template <typename Float>
Float AnyFloat(Random* random) {
  using Limits = std::numeric_limits<Float>;
  static const Float kEdges[] = {0,
                                 Float{-0.0},
                                 1,
                                 -1.5,
                                 Limits::infinity(),
                                 -Limits::infinity(),
                                 Limits::quiet_NaN(),
                                 Limits::min(),
                                 Limits::max(),
                                 Limits::denorm_min()};
  if (OneIn(random, 2)) return kEdges[Below(random, sizeof kEdges / sizeof *kEdges)];
  return static_cast<Float>(Below(random, 1 << 20)) / Float{64};
}

}  // namespace

uint64_t Below(Random* random, uint64_t bound) { return (*random)() % bound; }

bool OneIn(Random* random, uint64_t n) { return Below(random, n) == 0; }

uint64_t AnyNumber(Random* random) {
  switch (Below(random, 5)) {
    case 0:
      return Below(random, 4);
    case 1:
      return -Below(random, 4);  // small negative ones
    case 2: {                    // the types' ends
      const uint64_t end = uint64_t{1} << (OneIn(random, 2) ? 31 : 63);
      return end - Below(random, 2);
    }
    case 3:  // the length of the varint changes
      return (uint64_t{1} << Below(random, 64)) - Below(random, 2);
    default:
      return (*random)() >> Below(random, 64);
  }
}

std::string AnyText(Random* random) {
  static const char* const kPieces[] = {"a",
                                        "word ",
                                        "\u00e9",
                                        "\u20ac",
                                        "\U0001f600",
                                        "\u007f\u0080",
                                        "\u07ff\u0800",
                                        "\ud7ff\ue000\uffff",
                                        "\U00010000\U0010ffff",
                                        "\n",
                                        "a rather long piece of text that fills words"};
  std::string text;
  for (uint64_t i = Below(random, 5); i > 0; --i) {
    text += kPieces[Below(random, sizeof kPieces / sizeof *kPieces)];
  }
  if (OneIn(random, 8)) text += std::string("\0", 1);
  return text;
}

void FillField(Message* message, const FieldDescriptor* field, Random* random, int depth,
               int* budget) {
  const Reflection* const r = message->GetReflection();
  const bool many = field->is_repeated();
  --*budget;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = static_cast<int32_t>(AnyNumber(random));
      many ? r->AddInt32(message, field, value) : r->SetInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = static_cast<int64_t>(AnyNumber(random));
      many ? r->AddInt64(message, field, value) : r->SetInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = static_cast<uint32_t>(AnyNumber(random));
      many ? r->AddUInt32(message, field, value) : r->SetUInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const uint64_t value = AnyNumber(random);
      many ? r->AddUInt64(message, field, value) : r->SetUInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const auto value = AnyFloat<double>(random);
      many ? r->AddDouble(message, field, value) : r->SetDouble(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto value = AnyFloat<float>(random);
      many ? r->AddFloat(message, field, value) : r->SetFloat(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = OneIn(random, 2);
      many ? r->AddBool(message, field, value) : r->SetBool(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumDescriptor* const type = field->enum_type();
      const int value = type->value(static_cast<int>(Below(random, type->value_count())))->number();
      many ? r->AddEnumValue(message, field, value) : r->SetEnumValue(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string value = AnyText(random);
      if (field->type() == FieldDescriptor::TYPE_BYTES && OneIn(random, 2)) value += "\xff\x80";
      many ? r->AddString(message, field, value) : r->SetString(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      FillRandomly(many ? r->AddMessage(message, field) : r->MutableMessage(message, field), random,
                   depth - 1, budget);
      break;
  }
}

void FillRandomly(Message* message, Random* random, int depth, int* budget) {
  std::vector<const FieldDescriptor*> fields;
  const auto* const type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i));
  if (type->extension_range_count() > 0) {
    type->file()->pool()->FindAllExtensions(type, &fields);
  }
  const uint64_t skipped = 1 + Below(random, 4);  // of five
  for (const FieldDescriptor* field : fields) {
    if (field->is_required()) {
      FillField(message, field, random, depth, budget);
      continue;
    }
    if (*budget <= 0 || Below(random, 5) < skipped) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map() && depth <= 0) {
      continue;
    }
    uint64_t count = field->is_repeated() ? Below(random, 4) : 1;
    if (field->is_packed() && OneIn(random, 16)) count = 40;
    for (; count > 0; --count) FillField(message, field, random, depth, budget);
  }
}

std::string SameBytes(const Message& message) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return out;
}

}  // namespace polycall::codec_conformance
