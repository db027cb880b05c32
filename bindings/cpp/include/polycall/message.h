// How the runtime handles protobuf's C++ classes. For generated code; programs do not need it.
#ifndef POLYCALL_MESSAGE_H_
#define POLYCALL_MESSAGE_H_

#include <google/protobuf/message_lite.h>
#include <polycall/polycall.h>
#include <polycall/slices.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace polycall::internal {

// A string literal as a template argument.
template <size_t kSize>
struct FixedString {
  constexpr FixedString(const char (&literal)[kSize]) {  // NOLINT: the conversion is the purpose
    for (size_t i = 0; i < kSize; ++i) text[i] = literal[i];
  }
  char text[kSize] = {};
};

// Its address names the class's layout: one per process image. Two images that each compiled the
// class have two of them when their symbols are hidden, and then encode rather than trust each
// other's layout. Not const, so that no linker folds two of them into one.
template <typename Message>
inline char message_identity = 0;

template <typename Message>
size_t EncodedSize(const void* object) {
  const auto& message = *static_cast<const Message*>(object);
  if (!message.IsInitialized()) return SIZE_MAX;  // proto2: a required field is missing
  const size_t size = message.ByteSizeLong();
  return size <= INT_MAX ? size : SIZE_MAX;  // protobuf's own limit
}

template <typename Message>
int Encode(const void* object, void* out, size_t size) {
  auto* begin = static_cast<uint8_t*>(out);
  const uint8_t* end = static_cast<const Message*>(object)->SerializeWithCachedSizesToArray(begin);
  return end == begin + size ? 0 : 1;
}

template <typename Message>
void* Retain(const void* object) {
  try {
    return new Message(*static_cast<const Message*>(object));
  } catch (...) {
    return nullptr;  // the library encodes instead
  }
}

template <typename Message>
void Release(void* object) {
  const std::unique_ptr<Message> owner(static_cast<Message*>(object));
}

// The table of one class. The name is an argument because asking protobuf for it would build the
// class's descriptors, which costs a program its first millisecond.
template <typename Message, FixedString kName>
inline constexpr polycall_message_type kMessageType = {sizeof(polycall_message_type),
                                                       kName.text,
                                                       &message_identity<Message>,
                                                       &EncodedSize<Message>,
                                                       &Encode<Message>,
                                                       &Retain<Message>,
                                                       &Release<Message>,
                                                       &EncodeSlices<Message>};

inline polycall_message TypedMessage(const polycall_message_type* type, const void* object) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.type = type;
  message.object = const_cast<void*>(object);  // going in, the library only reads it
  return message;
}

// The object inside `message` if it is of this class, else null.
template <typename Message>
Message* ObjectOf(const polycall_message& message) {
  if (message.type == nullptr || message.type->identity != &message_identity<Message>)
    return nullptr;
  return static_cast<Message*>(message.object);
}

template <typename Message>
bool ParseBytes(const void* data, size_t size, Message* out) {
  if (size > INT_MAX) return false;
  // Partial, then checked: the plain form writes to the log when a required field is missing.
  return out->ParsePartialFromArray(data, static_cast<int>(size)) && out->IsInitialized();
}

// Reads a message that stays its owner's into `out`, replacing what was there. False: the bytes are
// no such message.
template <typename Message>
bool ReadMessage(const polycall_message& message, Message* out) {
  if (const Message* object = ObjectOf<Message>(message)) {
    *out = *object;
    return true;
  }
  if (message.type == nullptr) [[likely]]
    return ParseBytes(message.data, message.size, out);
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  if (polycall_message_to_bytes(&message, &bytes, nullptr) != POLYCALL_OK) return false;
  const bool parsed = ParseBytes(bytes.data, bytes.size, out);
  polycall_message_release(&bytes);
  return parsed;
}

// The same for a message that is ours: it ends here, and an object is moved out of it.
template <typename Message>
bool TakeMessage(polycall_message* message, Message* out) {
  bool good = true;
  Message* object = ObjectOf<Message>(*message);
  if (object == nullptr) {
    good = ReadMessage(*message, out);
  } else if (object != out) {
    *out = std::move(*object);
  }
  polycall_message_release(message);
  return good;
}

// What generated code knows of a method. The kind is polycall_kind.
template <typename RequestType, FixedString kRequestName, typename ResponseType,
          FixedString kResponseName, polycall_kind kMethodKind>
struct Method {
  using Request = RequestType;
  using Response = ResponseType;
  static constexpr polycall_kind kKind = kMethodKind;
  static constexpr const polycall_message_type* kRequestType = &kMessageType<Request, kRequestName>;
  static constexpr const polycall_message_type* kResponseType =
      &kMessageType<Response, kResponseName>;
};

}  // namespace polycall::internal

#endif  // POLYCALL_MESSAGE_H_
