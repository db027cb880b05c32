#include "call/frame.h"

#include <algorithm>

namespace polycall::call {
namespace {

constexpr uint32_t kMillisecondUnit = 0x80000000u;
constexpr uint32_t kMaxTimeout = 0x7FFFFFFFu;

struct TypeRule {
  uint8_t flags;  // those it may have
  bool has_body;  // else body_size must be 0
  bool on_call;   // needs a call id; else it must be 0. CREDIT may have either.
};

// Indexed by FrameType.
constexpr TypeRule kRules[] = {
    {0, false, false},
    {0, true, false},                                                    // HELLO
    {0, true, false},                                                    // ACCEPT
    {kFlagEnd | kFlagMetadata | kFlagMessage | kFlagNamed, true, true},  // CALL
    {kFlagEnd | kFlagMessage, true, true},                               // MESSAGE
    {0, false, true},                                                    // HALF_CLOSE
    {kFlagMetadata | kFlagMessage | kFlagTrailing | kFlagNotStarted | kFlagText, true, true},
    {0, false, true},             // CANCEL
    {0, false, false},            // CREDIT
    {kFlagEnd, false, false},     // PING
    {kFlagText, true, false},     // GO_AWAY
    {kFlagMetadata, true, true},  // METADATA
    {0, false, false},            // SHM
    {0, true, false},             // LENT
};

bool TakeU32(std::string_view* rest, uint32_t* value) {
  if (rest->size() < sizeof(*value)) return false;
  memcpy(value, rest->data(), sizeof(*value));
  rest->remove_prefix(sizeof(*value));
  return true;
}

bool TakeSection(std::string_view* rest, std::string_view* out) {
  uint32_t size;
  if (!TakeU32(rest, &size) || size > rest->size()) return false;
  *out = rest->substr(0, size);
  rest->remove_prefix(size);
  return true;
}

}  // namespace

const char* CheckFrameHeader(const FrameHeader& header, uint64_t max_body) {
  const auto type = static_cast<uint8_t>(header.type);
  if (header.body_size > max_body) return "the frame is larger than max_message_size allows";
  if (type >= kFirstOptionalType) return nullptr;
  if (type == 0 || type >= std::size(kRules)) return "unknown frame type";
  const TypeRule& rule = kRules[type];
  if ((header.flags & ~rule.flags) != 0) return "a flag that this frame type does not have";
  if (!rule.has_body && header.body_size != 0) return "a body on a frame type that has none";
  if (rule.on_call && header.call_id == 0 && header.type != FrameType::kStatus) {
    return "call id 0 on a frame of a call";
  }
  if (!rule.on_call && header.call_id != 0 && header.type != FrameType::kCredit) {
    return "a call id on a frame of the connection";
  }
  return nullptr;
}

bool ParseSections(const FrameHeader& header, std::string_view body, FrameBody* out,
                   const char** error) {
  if ((header.flags & kFlagMetadata) != 0 && !TakeSection(&body, &out->metadata)) {
    *error = "the metadata section does not fit the frame";
    return false;
  }
  if ((header.flags & kFlagNamed) != 0) {
    uint16_t size;
    if (body.size() < sizeof(size)) {
      *error = "the method name does not fit the frame";
      return false;
    }
    memcpy(&size, body.data(), sizeof(size));
    body.remove_prefix(sizeof(size));
    if (size > body.size()) {
      *error = "the method name does not fit the frame";
      return false;
    }
    out->path = body.substr(0, size);
    body.remove_prefix(size);
  }
  if ((header.flags & kFlagTrailing) != 0 && !TakeSection(&body, &out->trailing)) {
    *error = "the trailing metadata section does not fit the frame";
    return false;
  }
  if ((header.flags & kFlagText) != 0 &&
      (!TakeSection(&body, &out->text) || !TakeSection(&body, &out->details))) {
    *error = "the text section does not fit the frame";
    return false;
  }
  if ((header.flags & kFlagMessage) != 0) {
    out->message = body;
    return true;
  }
  if (!body.empty()) {
    *error = "bytes after the last section";
    return false;
  }
  return true;
}

void AppendSection(std::string* out, std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  out->append(reinterpret_cast<const char*>(&size), sizeof(size));
  out->append(bytes);
}

uint32_t EncodeTimeout(int64_t time_left_ns) {
  if (time_left_ns == base::kNever) return 0;
  // Rounded up, and at least 1: 0 means none.
  const int64_t micros = std::max<int64_t>(1, time_left_ns / 1000 + (time_left_ns % 1000 > 0));
  if (micros <= kMaxTimeout) return static_cast<uint32_t>(micros);
  const int64_t millis = micros / 1000;
  if (millis > kMaxTimeout) return 0;  // 24 days and more
  return kMillisecondUnit | static_cast<uint32_t>(millis);
}

int64_t DecodeTimeout(uint32_t argument) {
  if (argument == 0) return base::kNever;
  if ((argument & kMillisecondUnit) != 0) {
    return static_cast<int64_t>(argument & kMaxTimeout) * base::kMillisecond;
  }
  return static_cast<int64_t>(argument) * base::kMicrosecond;
}

}  // namespace polycall::call
