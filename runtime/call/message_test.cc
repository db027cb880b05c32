#include "call/message.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace polycall::call {
namespace {

// A message class of a binding: a text with a count.
struct Text {
  std::string bytes;
  int refs = 1;
  bool broken = false;  // cannot be encoded
};
Text* From(const void* object) { return static_cast<Text*>(const_cast<void*>(object)); }

size_t EncodedSize(const void* object) {
  return From(object)->broken ? SIZE_MAX : From(object)->bytes.size();
}
int EncodeText(const void* object, void* out, size_t size) {
  memcpy(out, From(object)->bytes.data(), size);
  return 0;
}
void* RetainText(const void* object) {
  ++From(object)->refs;
  return From(object);
}
void ReleaseText(void* object) { --From(object)->refs; }

const char kIdentity = 0;
const char kOtherIdentity = 0;

polycall_message_type TypeOf(const char* identity) {
  return {sizeof(polycall_message_type),
          "test.Text",
          identity,
          EncodedSize,
          EncodeText,
          RetainText,
          ReleaseText,
          nullptr};
}
const polycall_message_type kType = TypeOf(&kIdentity);
const polycall_message_type kOtherType = TypeOf(&kOtherIdentity);

polycall_message Typed(Text* text) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.type = &kType;
  message.object = text;
  return message;
}

// A buffer of `size` bytes, all `fill`, with a view of it.
struct Filled {
  base::Buffer* buffer;
  polycall_message message;
  Filled(size_t size, char fill) : buffer(base::NewBuffer(size)) {
    memset(buffer->data(), fill, size);
    message = ViewMessage({reinterpret_cast<char*>(buffer->data()), size}, buffer);
  }
  ~Filled() { base::ReleaseBuffer(buffer); }
};

TEST(Message, SmallBytesAreCopiedSoThatTheyPinNoBuffer) {
  Filled large(kCopyLimit, 'x');
  OwnedMessage kept;
  ASSERT_TRUE(KeepMessage(large.message, nullptr, kept.get()).ok());
  EXPECT_TRUE(base::IsSoleOwner(large.buffer));
  EXPECT_NE((*kept).data, large.message.data);
  EXPECT_EQ(BytesOf(*kept), BytesOf(large.message));
}

TEST(Message, LargeBytesShareTheirBuffer) {
  Filled large(kCopyLimit + 1, 'x');
  {
    OwnedMessage kept;
    ASSERT_TRUE(KeepMessage(large.message, nullptr, kept.get()).ok());
    EXPECT_EQ((*kept).data, large.message.data);
    EXPECT_FALSE(base::IsSoleOwner(large.buffer));
  }
  EXPECT_TRUE(base::IsSoleOwner(large.buffer));
}

TEST(Message, BytesWithoutABufferAreCopiedWhateverTheirSize) {
  const std::string bytes(3 * kCopyLimit, 'x');
  OwnedMessage kept;
  ASSERT_TRUE(KeepMessage(ViewMessage(bytes, nullptr), nullptr, kept.get()).ok());
  EXPECT_NE((*kept).data, bytes.data());
  EXPECT_EQ(BytesOf(*kept), bytes);
}

TEST(Message, AnObjectStaysOneForWhoHasItsRepresentation) {
  Text text{"hello"};
  {
    OwnedMessage kept;
    ASSERT_TRUE(KeepMessage(Typed(&text), &kType, kept.get()).ok());
    EXPECT_EQ((*kept).object, &text);
    EXPECT_EQ(text.refs, 2);
  }
  EXPECT_EQ(text.refs, 1);
}

TEST(Message, AnObjectIsEncodedForEverybodyElse) {
  Text text{"hello"};
  for (const polycall_message_type* accept :
       {static_cast<const polycall_message_type*>(nullptr), &kOtherType}) {
    OwnedMessage kept;
    ASSERT_TRUE(KeepMessage(Typed(&text), accept, kept.get()).ok());
    EXPECT_FALSE(IsTyped(*kept));
    EXPECT_EQ(BytesOf(*kept), "hello");
    EXPECT_EQ(text.refs, 1);
  }
}

TEST(Message, AnObjectThatCannotBeRetainedIsEncoded) {
  polycall_message_type unretainable = kType;
  unretainable.retain = [](const void*) -> void* { return nullptr; };
  Text text{"hello"};
  polycall_message message = Typed(&text);
  message.type = &unretainable;
  OwnedMessage kept;
  ASSERT_TRUE(KeepMessage(message, &unretainable, kept.get()).ok());
  EXPECT_EQ(BytesOf(*kept), "hello");
}

TEST(Message, AnObjectThatCannotBeEncodedIsAnErrorThatNamesIt) {
  Text text{"hello"};
  text.broken = true;
  OwnedMessage kept;
  uint8_t place[64];
  Encoded encoded;
  const polycall_message message = Typed(&text);
  for (const base::Status& status :
       {KeepMessage(message, nullptr, kept.get()),
        KeepBytes(message, place, sizeof(place), kept.get()), encoded.Encode(&message)}) {
    EXPECT_EQ(status.code(), POLYCALL_INTERNAL);
    EXPECT_NE(status.message().find("test.Text"), std::string_view::npos);
  }
}

TEST(Message, SmallBytesGoToTheirPlace) {
  uint8_t place[8];
  Text text{"12345678"};
  for (const polycall_message& message : {ViewMessage("12345678", nullptr), Typed(&text)}) {
    OwnedMessage kept;
    memset(place, 0, sizeof(place));
    ASSERT_TRUE(KeepBytes(message, place, sizeof(place), kept.get()).ok());
    EXPECT_EQ((*kept).data, place);
    EXPECT_EQ(BytesOf(*kept), "12345678");
  }
  OwnedMessage kept;
  ASSERT_TRUE(KeepBytes(ViewMessage("123456789", nullptr), place, sizeof(place), kept.get()).ok());
  EXPECT_NE((*kept).data, place);
  EXPECT_EQ(BytesOf(*kept), "123456789");
}

TEST(Message, EncodedObjectsHaveRoomForAHeaderInFront) {
  for (const size_t size :
       {size_t{0}, size_t{5}, size_t{16 * 1024 - 64}, size_t{16 * 1024 - 63}, size_t{1} << 20}) {
    Text text{std::string(size, 'x')};
    const polycall_message message = Typed(&text);
    Encoded encoded;
    ASSERT_TRUE(encoded.Encode(&message).ok());
    EXPECT_EQ(encoded.bytes(), text.bytes);
    ASSERT_TRUE(encoded.has_headroom());
    memset(const_cast<char*>(encoded.bytes().data()) - Encoded::kHeadroom, 'h', Encoded::kHeadroom);
  }
}

// The first three bytes are copied, the rest stays in the object.
size_t SliceText(const void* object, size_t size, void* room, size_t room_size,
                 polycall_slice* slices, size_t max_slices) {
  const char* bytes = From(object)->bytes.data();
  if (size < 3 || room_size < 3 || max_slices < 2) return 0;
  memcpy(room, bytes, 3);
  slices[0] = {room, 3};
  slices[1] = {bytes + 3, size - 3};
  return 2;
}

// Where bytes go that may lie apart.
struct Gatherer final : base::BufferSource {
  bool gathers() const override { return true; }
};

TEST(Message, LongFieldsStayInTheObjectIfWhoSendsThemGathers) {
  polycall_message_type type = kType;
  type.encode_slices = SliceText;
  Text text{std::string(100'000, 'x')};
  polycall_message message = Typed(&text);
  message.type = &type;
  Filled holder(1, 'h');
  Gatherer gatherer;
  Encoded encoded;
  encoded.set_holder(holder.buffer);
  ASSERT_TRUE(encoded.Encode(&message, &gatherer).ok());
  EXPECT_EQ(encoded.size(), text.bytes.size());
  EXPECT_TRUE(encoded.bytes().empty());
  ASSERT_EQ(encoded.slices().size(), 2u);
  EXPECT_EQ(encoded.HolderOf(encoded.slices()[0]), nullptr) << "in a thread's scratch";
  EXPECT_EQ(encoded.slices()[1].data, text.bytes.data() + 3);
  EXPECT_EQ(encoded.HolderOf(encoded.slices()[1]), holder.buffer);
}

TEST(Message, IsInOnePieceForEverybodyElse) {
  polycall_message_type type = kType;
  type.encode_slices = SliceText;
  polycall_message_type older = type;
  older.struct_size = offsetof(polycall_message_type, encode_slices);
  polycall_message_type wrong = type;  // one byte too few: the frames behind would be out of step
  wrong.encode_slices = [](const void* object, size_t size, void* room, size_t room_size,
                           polycall_slice* slices, size_t max_slices) {
    const size_t count = SliceText(object, size, room, room_size, slices, max_slices);
    --slices[1].size;
    return count;
  };
  Gatherer gatherer;
  struct Other final : base::BufferSource {
  } other;
  struct Case {
    const polycall_message_type* type;
    base::BufferSource* source;
    bool whole;
    size_t size;
  };
  for (const Case& each :
       {Case{&kType, &gatherer, false, 100'000}, Case{&older, &gatherer, false, 100'000},
        Case{&wrong, &gatherer, false, 100'000}, Case{&type, &gatherer, true, 100'000},
        Case{&type, &other, false, 100'000}, Case{&type, nullptr, false, 100'000},
        Case{&type, &gatherer, false, 100}}) {
    Text text{std::string(each.size, 'x')};
    polycall_message message = Typed(&text);
    message.type = each.type;
    Encoded encoded;
    ASSERT_TRUE(encoded.Encode(&message, each.source, each.whole).ok());
    EXPECT_TRUE(encoded.slices().empty());
    EXPECT_EQ(encoded.bytes(), text.bytes);
    EXPECT_TRUE(encoded.has_headroom());
  }
}

TEST(Message, EncodedBytesAreTheCallersOwn) {
  Filled filled(100, 'x');
  {
    Encoded encoded;
    ASSERT_TRUE(encoded.Encode(&filled.message).ok());
    EXPECT_EQ(encoded.bytes().data(), filled.message.data);
    EXPECT_EQ(encoded.buffer(), filled.buffer);
    EXPECT_FALSE(encoded.has_headroom()) << "the bytes in front are not ours";
    EXPECT_FALSE(base::IsSoleOwner(filled.buffer));
  }
  EXPECT_TRUE(base::IsSoleOwner(filled.buffer));
  Encoded none;
  EXPECT_TRUE(none.Encode(nullptr).ok());
  EXPECT_TRUE(none.bytes().empty());
}

TEST(MessageQueue, IsFirstInFirstOutWhileItGrowsAndWraps) {
  MessageQueue queue;
  int pushed = 0, popped = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 3 + round % 5; ++i, ++pushed) {
      polycall_message message = POLYCALL_MESSAGE_INIT;
      ASSERT_TRUE(CopyBytes(std::to_string(pushed), &message).ok());
      queue.Push(message);
    }
    for (int i = 0; i < 2 + round % 4; ++i, ++popped) {
      OwnedMessage message(queue.Pop());
      EXPECT_EQ(BytesOf(*message), std::to_string(popped));
    }
    EXPECT_EQ(queue.size(), static_cast<size_t>(pushed - popped));
  }
  EXPECT_FALSE(queue.empty());
}

TEST(MessageQueue, EndsWhatIsLeftInIt) {
  Text text{"x"};
  text.refs = 4;
  {
    MessageQueue queue;
    for (int i = 0; i < 3; ++i) queue.Push(Typed(&text));
    queue.Clear();
    EXPECT_EQ(text.refs, 1);
    EXPECT_TRUE(queue.empty());
    queue.Push(Typed(&text));
  }
  EXPECT_EQ(text.refs, 0);
}

TEST(OwnedMessage, MovesAndEndsWhatItHolds) {
  Text text{"x"};
  {
    OwnedMessage first(Typed(&text));
    OwnedMessage second(std::move(first));
    EXPECT_EQ(text.refs, 1);
    OwnedMessage third;
    third = std::move(second);
    EXPECT_EQ(text.refs, 1);
    EXPECT_EQ((*third).object, &text);
  }
  EXPECT_EQ(text.refs, 0);
}

}  // namespace
}  // namespace polycall::call
