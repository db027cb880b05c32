// Frames of the native protocol: numbers, the header's layout, body sections. docs/protocol.md
// specifies them. Nothing here touches a socket.
#ifndef POLYCALL_CALL_FRAME_H_
#define POLYCALL_CALL_FRAME_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace polycall::call {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian in memory");

inline constexpr char kPreface[] = "PolyCall";  // what a caller sends first, without the NUL
inline constexpr size_t kPrefaceSize = 8;
inline constexpr size_t kFrameHeaderSize = 16;
inline constexpr uint32_t kProtocolVersion = 1;
inline constexpr uint16_t kNamedMethod = 0xFFFF;
inline constexpr uint32_t kMessageOverhead = 16;  // credit that a message costs beyond its bytes

enum class FrameType : uint8_t {
  kHello = 1,
  kAccept = 2,
  kCall = 3,
  kMessage = 4,
  kHalfClose = 5,
  kStatus = 6,
  kCancel = 7,
  kCredit = 8,
  kPing = 9,
  kGoAway = 10,
  kMetadata = 11,
  kShm = 12,   // the handshake's way to shared memory
  kLent = 13,  // on shared memory only: where a frame lies
};
// Types from here on may be skipped by a receiver that does not know them.
inline constexpr uint8_t kFirstOptionalType = 128;

enum FrameFlags : uint8_t {
  kFlagEnd = 0x01,
  kFlagMetadata = 0x02,
  kFlagMessage = 0x04,
  kFlagNamed = 0x08,
  kFlagTrailing = 0x10,
  kFlagNotStarted = 0x20,
  kFlagText = 0x40,
  kFlagCompressed = 0x80,
};

struct FrameHeader {
  uint32_t body_size = 0;
  FrameType type = FrameType::kHello;
  uint8_t flags = 0;
  uint16_t method = 0;
  uint32_t call_id = 0;
  uint32_t argument = 0;
};
static_assert(sizeof(FrameHeader) == kFrameHeaderSize);

inline FrameHeader ReadFrameHeader(const uint8_t* bytes) {
  FrameHeader header;
  memcpy(&header, bytes, sizeof(header));
  return header;
}
inline void WriteFrameHeader(const FrameHeader& header, uint8_t* out) {
  memcpy(out, &header, sizeof(header));
}

// What is wrong with a header by itself, or NULL: flags that its type does not have, a size that its
// type or `max_body` forbids. An unknown optional type is fine. Static storage.
const char* CheckFrameHeader(const FrameHeader& header, uint64_t max_body);

// The body of a CALL, STATUS, METADATA or GO_AWAY frame, taken apart. Views into the body.
struct FrameBody {
  std::string_view metadata;  // a block, see metadata.h
  std::string_view path;      // NAMED: "pkg.Service/Method"
  std::string_view trailing;
  std::string_view text;
  std::string_view details;
  std::string_view message;
};
// False if a section does not fit, or something is left over; `error` then says which.
bool ParseSections(const FrameHeader& header, std::string_view body, FrameBody* out,
                   const char** error);
inline bool ParseFrameBody(const FrameHeader& header, std::string_view body, FrameBody* out,
                           const char** error) {
  constexpr uint8_t kSections = kFlagMetadata | kFlagNamed | kFlagTrailing | kFlagText;
  if ((header.flags & (kSections | kFlagMessage)) != kFlagMessage) {
    return ParseSections(header, body, out, error);
  }
  out->message = body;  // nothing else: most frames
  return true;
}

// Appends a section: u32 size and the bytes.
void AppendSection(std::string* out, std::string_view bytes);

// A call's id: slot in the low half, generation (never 0) in the high half.
inline uint32_t MakeCallId(uint16_t slot, uint16_t generation) {
  return static_cast<uint32_t>(generation) << 16 | slot;
}
inline uint16_t CallSlot(uint32_t call_id) { return static_cast<uint16_t>(call_id); }

// CALL's argument: time left as microseconds, or milliseconds if it is long; 0 is "no deadline".
uint32_t EncodeTimeout(int64_t time_left_ns);
int64_t DecodeTimeout(uint32_t argument);  // kNever for none

}  // namespace polycall::call

#endif  // POLYCALL_CALL_FRAME_H_
