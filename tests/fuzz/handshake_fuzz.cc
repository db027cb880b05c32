// Hello and Accept: what decodes must survive an encode and a second decode, and stay in its bounds.
#include <cstdint>
#include <cstdlib>

#include "negotiation/handshake.h"

namespace {

using polycall::negotiation::kMaxServices;

template <typename Message>
void Check(std::string_view bytes) {
  Message message;
  std::string error;
  if (!Decode(bytes, &message, &error)) {
    if (error.empty()) abort();
    return;
  }
  if (message.services.size() > kMaxServices) abort();
  Message again;
  if (!Decode(Encode(message), &again, &error) || !(again == message)) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check<polycall::negotiation::Hello>(bytes);
  Check<polycall::negotiation::Accept>(bytes);
  return 0;
}
