// A metadata block: what decodes is within the limit and encodes to the same bytes.
#include <cstdint>
#include <cstdlib>

#include "call/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxSize = 1024;
  const std::string_view block(reinterpret_cast<const char*>(data), size);
  const char* error = nullptr;
  const auto metadata = polycall::call::DecodeMetadata(block, kMaxSize, &error);
  if (metadata == nullptr) {
    if (error == nullptr) abort();
    return 0;
  }
  if (polycall::call::MetadataSize(*metadata) > kMaxSize) abort();
  std::string again;
  polycall::call::EncodeMetadata(*metadata, &again);
  if (again != block) abort();
  return 0;
}
