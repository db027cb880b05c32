// The protobuf wire format, by hand: the runtime speaks a few protobuf messages (the handshake, the
// built-in services) and must not load libprotobuf for them.
#ifndef POLYCALL_BASE_WIRE_H_
#define POLYCALL_BASE_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace polycall::base {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Appends fields to a string of the caller's. Writes what it is told to, zeros included; whoever
// wants proto3's "a default is not sent" leaves the call out. One thread at a time.
class WireWriter {
 public:
  explicit WireWriter(std::string* out) : out_(out) {}

  void AddVarint(uint32_t field, uint64_t value);
  void AddFixed64(uint32_t field, uint64_t value);
  void AddBytes(uint32_t field, std::string_view value);
  // `message` is the encoded form of a nested message.
  void AddMessage(uint32_t field, std::string_view message) { AddBytes(field, message); }

 private:
  void Append(uint64_t varint);
  void AppendTag(uint32_t field, WireType type);

  std::string* out_;
};

// Walks over the fields of an encoded message:
//
//   WireReader reader(bytes);
//   while (reader.Next()) {
//     if (reader.Is(1, WireType::kBytes)) name = reader.bytes();
//   }
//   if (!reader.ok()) return reader.error();
//
// Fields that nobody asks about are skipped by not asking; groups are skipped whole. Never reads
// outside of `bytes`, which must outlive the reader and the views it gives. One thread at a time.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}

  // Moves to the next field. False at the end, and when the bytes are malformed (then !ok()).
  bool Next();

  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  bool Is(uint32_t field, WireType type) const { return field_ == field && type_ == type; }

  // The value of a varint, fixed64 or fixed32 field; 0 for a bytes field.
  uint64_t number() const { return number_; }
  // The value of a bytes field (also strings and nested messages); empty for the others.
  std::string_view bytes() const { return value_; }

  bool ok() const { return error_ == nullptr; }
  // What is malformed, nullptr when nothing is. Static storage.
  const char* error() const { return error_; }
  // Bytes consumed; when malformed, where the bad field begins.
  size_t position() const { return position_; }

 private:
  bool Fail(const char* error);
  bool ReadVarint(size_t* at, uint64_t* value);
  bool ReadTag(size_t* at, uint32_t* field, uint32_t* type);
  bool ReadValue(size_t* at, uint32_t type);
  bool SkipGroup(size_t* at, uint32_t field);

  std::string_view bytes_;
  size_t position_ = 0;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  std::string_view value_;
  const char* error_ = nullptr;
};

// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF):
// what a protobuf `string` must be.
bool IsUtf8(std::string_view text);

}  // namespace polycall::base

#endif  // POLYCALL_BASE_WIRE_H_
