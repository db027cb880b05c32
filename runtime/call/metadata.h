// Metadata: an ordered multimap of a call's keys and values, and its block on the wire.
#ifndef POLYCALL_CALL_METADATA_H_
#define POLYCALL_CALL_METADATA_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// One thread at a time.
struct polycall_metadata {
  struct Entry {
    std::string key;
    std::string value;
  };
  std::vector<Entry> entries;
};

namespace polycall::call {

using Metadata = polycall_metadata;

// The list that is never filled, for "never NULL".
const Metadata& EmptyMetadata();

base::Status AddMetadata(Metadata* metadata, std::string_view key, std::string_view value);

// Sum of the sizes of keys and values: what max_metadata_size bounds.
size_t MetadataSize(const Metadata& metadata);

// u16 count, then per entry u16 key size, u32 value size, key, value.
void EncodeMetadata(const Metadata& metadata, std::string* out);
// NULL and a text in `error` if the block is malformed or larger than `max_size` (the text is then
// kMetadataTooLarge).
extern const char kMetadataTooLarge[];
std::unique_ptr<Metadata> DecodeMetadata(std::string_view block, size_t max_size,
                                         const char** error);

}  // namespace polycall::call

#endif  // POLYCALL_CALL_METADATA_H_
