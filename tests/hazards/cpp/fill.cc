#include "fill.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <limits>
#include <string>

namespace polycall_hazards {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Filler {
 public:
  Filler(std::mt19937* random, int depth) : random_(*random), depth_(depth) {}

  void Fill(Message* message) {
    const auto* descriptor = message->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && depth_ == 0 &&
          !field->is_required()) {
        continue;
      }
      if (field->is_repeated()) {
        const int count = Below(4);
        for (int j = 0; j < count; ++j) Add(message, field);
      } else if (field->is_required() || Below(3) > 0) {
        Set(message, field);
      }
    }
  }

 private:
  int Below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }

  // Of any size: an encoder treats small, large and negative numbers differently.
  uint64_t Bits() {
    const uint64_t bits = (uint64_t{random_()} << 32) | random_();
    switch (Below(4)) {
      case 0:
        return bits;
      case 1:
        return bits >> (random_() % 64);
      case 2:
        return ~(bits >> (random_() % 64));
      default:
        return 0;
    }
  }

  double Real() {
    switch (Below(4)) {
      case 0:
        return 0.0;
      case 1:
        return -std::numeric_limits<double>::infinity();
      default:
        return static_cast<double>(static_cast<int64_t>(Bits())) / 3;
    }
  }

  std::string Text() {
    static const char* const kTexts[] = {"", "a", "Grüße, 世界 🐙", "line\nline\ttab \"quoted\" \\"};
    std::string text = kTexts[Below(4)];
    if (Below(8) == 0) text.append(300, 'x');
    return text;
  }

  std::string Bytes() {
    std::string bytes(static_cast<size_t>(Below(5)), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  int EnumNumber(const FieldDescriptor* field) {
    const auto* type = field->enum_type();
    return type->value(Below(type->value_count()))->number();
  }

  void FillInner(Message* inner) {
    --depth_;
    Fill(inner);
    ++depth_;
  }

  void Set(Message* message, const FieldDescriptor* field) {
    const Reflection* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->SetInt32(message, field, static_cast<int32_t>(Bits()));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->SetInt64(message, field, static_cast<int64_t>(Bits()));
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection->SetUInt32(message, field, static_cast<uint32_t>(Bits()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection->SetUInt64(message, field, Bits());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection->SetDouble(message, field, Real());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection->SetFloat(message, field, static_cast<float>(Real()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->SetBool(message, field, Below(2) == 1);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection->SetEnumValue(message, field, EnumNumber(field));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->SetString(
            message, field, field->type() == FieldDescriptor::TYPE_BYTES ? Bytes() : Text());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FillInner(reflection->MutableMessage(message, field));
    }
  }

  void Add(Message* message, const FieldDescriptor* field) {
    const Reflection* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return reflection->AddInt32(message, field, static_cast<int32_t>(Bits()));
      case FieldDescriptor::CPPTYPE_INT64:
        return reflection->AddInt64(message, field, static_cast<int64_t>(Bits()));
      case FieldDescriptor::CPPTYPE_UINT32:
        return reflection->AddUInt32(message, field, static_cast<uint32_t>(Bits()));
      case FieldDescriptor::CPPTYPE_UINT64:
        return reflection->AddUInt64(message, field, Bits());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return reflection->AddDouble(message, field, Real());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return reflection->AddFloat(message, field, static_cast<float>(Real()));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->AddBool(message, field, Below(2) == 1);
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection->AddEnumValue(message, field, EnumNumber(field));
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection->AddString(
            message, field, field->type() == FieldDescriptor::TYPE_BYTES ? Bytes() : Text());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FillInner(reflection->AddMessage(message, field));
    }
  }

  std::mt19937& random_;
  int depth_;
};

}  // namespace

void Fill(google::protobuf::Message* message, std::mt19937* random, int depth) {
  Filler(random, depth).Fill(message);
}

}  // namespace polycall_hazards
