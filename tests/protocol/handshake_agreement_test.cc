// The runtime writes and reads the handshake by hand; here protobuf's own code checks it, on random
// messages in both directions.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "base/wire.h"
#include "handshake_protobuf.h"

namespace polycall::negotiation {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Fills any message by reflection, so that a field added to the .proto is covered (and fails here
// until the runtime's codec knows it).
class Filler {
 public:
  explicit Filler(uint32_t seed) : random_(seed) {}

  void Fill(Message* message) {
    const Reflection* reflection = message->GetReflection();
    const auto* descriptor = message->GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      if (field->is_repeated()) {
        for (uint32_t n = random_() % 4; n > 0; --n) {
          if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
            Fill(reflection->AddMessage(message, field));
          } else {
            ASSERT_EQ(field->cpp_type(), FieldDescriptor::CPPTYPE_STRING);
            reflection->AddString(message, field, Text());
          }
        }
      } else if (random_() % 4 != 0) {
        Set(message, reflection, field);
      }
    }
  }

 private:
  void Set(Message* message, const Reflection* reflection, const FieldDescriptor* field) {
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        Fill(reflection->MutableMessage(message, field));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(message, field, Text());
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(message, field, static_cast<uint32_t>(Number()));
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection->SetUInt64(message, field, Number());
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(message, field, static_cast<int>(Number()));
        break;
      default:
        ADD_FAILURE() << "the filler does not know the type of " << field->full_name();
    }
  }

  uint64_t Number() {
    const uint64_t bits = uint64_t{random_()} << 32 | random_();
    return bits >> random_() % 64;  // all lengths of varints
  }

  std::string Text() {
    static const char* const kPieces[] = {"a",          "calc.v1", "\u00e9", "\u20ac",
                                          "\U0001f600", " ",       "\t"};
    std::string text;
    for (uint32_t n = random_() % 8; n > 0; --n) text += kPieces[random_() % std::size(kPieces)];
    if (random_() % 16 == 0) text.append(300, 'x');
    return text;
  }

  std::mt19937 random_;
};

template <typename Struct, typename Protobuf>
void Agree(uint32_t seed) {
  Protobuf message;
  Filler(seed).Fill(&message);
  const std::string bytes = message.SerializeAsString();

  Struct decoded;
  std::string error;
  ASSERT_TRUE(Decode(bytes, &decoded, &error)) << error << "\n" << message.DebugString();
  ASSERT_EQ(decoded, FromProtobuf(message)) << message.DebugString();

  Protobuf again;
  ASSERT_TRUE(again.ParseFromString(Encode(decoded)));
  ASSERT_EQ(FromProtobuf(again), decoded) << message.DebugString();
}

TEST(HandshakeAgreement, RandomHellosMeanTheSameToProtobufAndToTheRuntime) {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    Agree<Hello, v1::Hello>(seed);
    if (HasFatalFailure()) return;
  }
}

TEST(HandshakeAgreement, RandomAcceptsMeanTheSameToProtobufAndToTheRuntime) {
  for (uint32_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    Agree<Accept, v1::Accept>(seed);
    if (HasFatalFailure()) return;
  }
}

// Fields that the runtime does not read are caught by this: each field of the .proto, set alone,
// must change what the runtime decodes.
void EachFieldCounts(const Message& prototype, const std::string& baseline,
                     const std::function<std::string(const std::string&)>& recode) {
  const auto* descriptor = prototype.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    std::string bytes;
    base::WireWriter writer(&bytes);
    const auto number = static_cast<uint32_t>(field->number());
    if (field->type() == FieldDescriptor::TYPE_FIXED64) {
      writer.AddFixed64(number, 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      std::string inner;
      base::WireWriter(&inner).AddVarint(3, 1);
      writer.AddMessage(number, inner);
      if (!field->is_repeated()) continue;  // whether it is there is not kept, only what is in it
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      writer.AddBytes(number, "x");
    } else {
      writer.AddVarint(number, 1);
    }
    EXPECT_NE(recode(bytes), baseline) << field->full_name() << " is not read by the runtime";
  }
}

template <typename Struct>
std::string Recode(const std::string& bytes) {
  Struct decoded;
  std::string error;
  EXPECT_TRUE(Decode(bytes, &decoded, &error)) << error;
  return Encode(decoded);
}

TEST(HandshakeAgreement, EveryFieldOfTheProtoIsReadByTheRuntime) {
  EachFieldCounts(v1::Hello(), Encode(Hello()), Recode<Hello>);
  EachFieldCounts(v1::Accept(), Encode(Accept()), Recode<Accept>);
}

}  // namespace
}  // namespace polycall::negotiation
