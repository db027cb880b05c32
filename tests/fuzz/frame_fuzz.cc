// Header and body of one frame: whatever the bytes are, a verdict and views within them.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "call/frame.h"

using polycall::call::CheckFrameHeader;
using polycall::call::FrameBody;
using polycall::call::FrameHeader;
using polycall::call::kFrameHeaderSize;
using polycall::call::ParseFrameBody;

namespace {

void MustLieWithin(std::string_view part, std::string_view body) {
  if (part.empty()) return;
  if (part.data() < body.data() || part.data() + part.size() > body.data() + body.size()) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kFrameHeaderSize) return 0;
  const FrameHeader header = polycall::call::ReadFrameHeader(data);
  uint8_t again[kFrameHeaderSize];
  polycall::call::WriteFrameHeader(header, again);
  if (memcmp(again, data, sizeof(again)) != 0) abort();
  CheckFrameHeader(header, 1 << 20);
  polycall::call::DecodeTimeout(header.argument);

  const std::string_view body(reinterpret_cast<const char*>(data) + kFrameHeaderSize,
                              size - kFrameHeaderSize);
  FrameBody parts;
  const char* error = nullptr;
  if (!ParseFrameBody(header, body, &parts, &error)) {
    if (error == nullptr) abort();
    return 0;
  }
  for (const std::string_view part :
       {parts.metadata, parts.path, parts.trailing, parts.text, parts.details, parts.message}) {
    MustLieWithin(part, body);
  }
  return 0;
}
