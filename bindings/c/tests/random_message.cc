#include "random_message.h"

#include <limits>
#include <vector>

namespace polycall::c_test {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

uint32_t Below(Random* random, uint32_t bound) { return (*random)() % bound; }

// Numbers near the edges of varints are the interesting ones.
template <typename Int>
Int Number(Random* random) {
  switch (Below(random, 5)) {
    case 0:
      return static_cast<Int>(Below(random, 3));
    case 1:
      return std::numeric_limits<Int>::max();
    case 2:
      return std::numeric_limits<Int>::min();
    case 3:
      return static_cast<Int>((uint64_t{1} << Below(random, 64)) - Below(random, 2));
    default:
      return static_cast<Int>((uint64_t{(*random)()} << 32) | (*random)());
  }
}

std::string Text(Random* random, bool utf8) {
  static const char* const kPieces[] = {
      "a",          "word ", "\u00e9", "\u20ac",
      "\U0001f600", "",      "\n",     "a rather long piece of text that fills words"};
  std::string text;
  for (uint32_t i = Below(random, 6); i > 0; --i) text += kPieces[Below(random, 8)];
  if (!utf8 && Below(random, 2) == 0) text += std::string("\xff\x00\x80", 3);
  return text;
}

void SetOne(Message* message, const FieldDescriptor* field, Random* random, int depth) {
  const Reflection* const r = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = Number<int32_t>(random);
      many ? r->AddInt32(message, field, value) : r->SetInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = Number<int64_t>(random);
      many ? r->AddInt64(message, field, value) : r->SetInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = Number<uint32_t>(random);
      many ? r->AddUInt32(message, field, value) : r->SetUInt32(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto value = Number<uint64_t>(random);
      many ? r->AddUInt64(message, field, value) : r->SetUInt64(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = Below(random, 4) == 0 ? -0.0 : Below(random, 1000) / 8.0 - 50;
      many ? r->AddDouble(message, field, value) : r->SetDouble(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const float value = Below(random, 4) == 0 ? 0.0f : static_cast<float>(Below(random, 99)) / 4;
      many ? r->AddFloat(message, field, value) : r->SetFloat(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = Below(random, 2) == 1;
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
      const std::string value = Text(random, field->type() == FieldDescriptor::TYPE_STRING);
      many ? r->AddString(message, field, value) : r->SetString(message, field, value);
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      FillRandomly(many ? r->AddMessage(message, field) : r->MutableMessage(message, field), random,
                   depth - 1);
      break;
  }
}

void AppendVarint(std::string* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

}  // namespace

void FillRandomly(Message* message, Random* random, int depth) {
  std::vector<const FieldDescriptor*> fields;
  const auto* const type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i));
  for (const FieldDescriptor* field : fields) {
    if (!field->is_required() && Below(random, 3) == 0) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth <= 0) continue;
    // One level of recursion goes a long way with so many fields.
    if (field->message_type() == type && Below(random, 4) != 0) continue;
    uint32_t count = field->is_repeated() ? Below(random, 4) : 1;
    if (field->is_packed() && Below(random, 8) == 0) count = 40;
    for (; count > 0; --count) SetOne(message, field, random, depth);
  }
}

std::string Damaged(std::string bytes, Random* random) {
  for (uint32_t i = 1 + Below(random, 3); i > 0 && !bytes.empty(); --i) {
    const size_t at = Below(random, static_cast<uint32_t>(bytes.size()));
    const size_t length = Below(random, 8);
    switch (Below(random, 6)) {
      case 0:
        bytes[at] = static_cast<char>((*random)());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(random, 8)));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        bytes.insert(at, 1 + length, static_cast<char>((*random)()));
    }
  }
  return bytes;
}

std::string RandomFields(Random* random, int depth) {
  std::string out;
  for (uint32_t i = Below(random, 6); i > 0; --i) {
    const uint32_t number = 1 + Below(random, Below(random, 4) == 0 ? 536870911 : 110);
    switch (Below(random, 6)) {
      case 0:
        AppendVarint(&out, uint64_t{number} << 3);
        AppendVarint(&out, Number<uint64_t>(random));
        break;
      case 1:
        AppendVarint(&out, (uint64_t{number} << 3) | 1);
        out += "8 bytes.";
        break;
      case 2:
        AppendVarint(&out, (uint64_t{number} << 3) | 5);
        out += "four";
        break;
      case 3:
        if (depth == 0) break;
        AppendVarint(&out, (uint64_t{number} << 3) | 3);
        out += RandomFields(random, depth - 1);
        AppendVarint(&out, (uint64_t{number} << 3) | 4);
        break;
      default: {
        const std::string inner = depth == 0 ? Text(random, true) : RandomFields(random, depth - 1);
        AppendVarint(&out, (uint64_t{number} << 3) | 2);
        AppendVarint(&out, inner.size());
        out += inner;
      }
    }
  }
  return out;
}

}  // namespace polycall::c_test
