// Frames for the tests of this folder.
#ifndef POLYCALL_TRANSPORT_STREAM_TEST_FRAMES_H_
#define POLYCALL_TRANSPORT_STREAM_TEST_FRAMES_H_

#include <string>
#include <string_view>

#include "call/frame.h"

namespace polycall::transport {

inline call::FrameHeader MessageHeader(uint32_t call_id, uint32_t argument = 0) {
  call::FrameHeader header;
  header.type = call::FrameType::kMessage;
  header.call_id = call_id;
  header.argument = argument;
  return header;
}

// The bytes of a MESSAGE frame.
inline std::string FrameBytes(uint32_t call_id, std::string_view body) {
  call::FrameHeader header = MessageHeader(call_id);
  header.body_size = static_cast<uint32_t>(body.size());
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof(header));
  return bytes.append(body);
}

// Bytes in which a shift or a missing piece shows, others for each `seed`.
inline std::string Pattern(uint32_t seed, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_TEST_FRAMES_H_
