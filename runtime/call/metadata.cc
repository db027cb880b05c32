#include "call/metadata.h"

#include <cstring>

namespace polycall::call {
namespace {

constexpr size_t kMaxKeySize = 256;
constexpr size_t kMaxEntries = 1024;

bool IsKeyCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool IsBinaryKey(std::string_view key) { return key.ends_with("-bin"); }

// What is wrong with an entry, or NULL.
const char* CheckEntry(std::string_view key, std::string_view value) {
  if (key.empty()) return "an empty key";
  if (key.size() > kMaxKeySize) return "a key longer than 256 bytes";
  for (const char c : key) {
    if (!IsKeyCharacter(c)) return "a key with another character than a-z, 0-9, '-', '_', '.'";
  }
  if (key.starts_with("grpc-") || key.starts_with("polycall-")) {
    return "a key of the runtime's own (grpc-, polycall-)";
  }
  if (!IsBinaryKey(key)) {
    for (const char c : value) {
      if (c < 0x20 || c > 0x7E) {
        return "a value that is not printable ASCII (keys that end in -bin hold bytes)";
      }
    }
  }
  return nullptr;
}

template <typename T>
void AppendNumber(std::string* out, T value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <typename T>
bool TakeNumber(std::string_view* rest, T* value) {
  if (rest->size() < sizeof(T)) return false;
  memcpy(value, rest->data(), sizeof(T));
  rest->remove_prefix(sizeof(T));
  return true;
}

}  // namespace

const Metadata& EmptyMetadata() {
  static const Metadata* empty = new Metadata;
  return *empty;
}

base::Status AddMetadata(Metadata* metadata, std::string_view key, std::string_view value) {
  std::string lowered(key);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (const char* error = CheckEntry(lowered, value)) {
    return base::InvalidArgument("metadata \"" + std::string(key.substr(0, 64)) + "\": " + error);
  }
  if (metadata->entries.size() >= kMaxEntries) {
    return base::InvalidArgument("metadata: more than 1024 entries");
  }
  metadata->entries.push_back({std::move(lowered), std::string(value)});
  return {};
}

size_t MetadataSize(const Metadata& metadata) {
  size_t size = 0;
  for (const auto& entry : metadata.entries) size += entry.key.size() + entry.value.size();
  return size;
}

void EncodeMetadata(const Metadata& metadata, std::string* out) {
  AppendNumber(out, static_cast<uint16_t>(metadata.entries.size()));
  for (const auto& entry : metadata.entries) {
    AppendNumber(out, static_cast<uint16_t>(entry.key.size()));
    AppendNumber(out, static_cast<uint32_t>(entry.value.size()));
    out->append(entry.key);
    out->append(entry.value);
  }
}

const char kMetadataTooLarge[] = "metadata larger than max_metadata_size";

std::unique_ptr<Metadata> DecodeMetadata(std::string_view block, size_t max_size,
                                         const char** error) {
  uint16_t count;
  if (!TakeNumber(&block, &count) || count > kMaxEntries) {
    *error = "a metadata block without a count, or of more than 1024 entries";
    return nullptr;
  }
  auto metadata = std::make_unique<Metadata>();
  size_t total = 0;
  for (int i = 0; i < count; ++i) {
    uint16_t key_size;
    uint32_t value_size;
    if (!TakeNumber(&block, &key_size) || !TakeNumber(&block, &value_size) ||
        key_size > block.size() || value_size > block.size() - key_size) {
      *error = "a metadata entry that does not fit its block";
      return nullptr;
    }
    total += size_t{key_size} + value_size;
    if (total > max_size) {
      *error = kMetadataTooLarge;
      return nullptr;
    }
    const std::string_view key = block.substr(0, key_size);
    const std::string_view value = block.substr(key_size, value_size);
    block.remove_prefix(size_t{key_size} + value_size);
    if ((*error = CheckEntry(key, value)) != nullptr) return nullptr;
    metadata->entries.push_back({std::string(key), std::string(value)});
  }
  if (!block.empty()) {
    *error = "bytes after the last metadata entry";
    return nullptr;
  }
  return metadata;
}

}  // namespace polycall::call

using polycall::call::AddMetadata;

extern "C" {

polycall_metadata* polycall_metadata_new(void) { return new polycall_metadata; }
void polycall_metadata_free(polycall_metadata* metadata) { delete metadata; }

polycall_code polycall_metadata_add(polycall_metadata* metadata, const char* key, const void* value,
                                    size_t value_size, polycall_status* status) {
  return AddMetadata(metadata, key, {static_cast<const char*>(value), value_size}).ToAbi(status);
}

size_t polycall_metadata_count(const polycall_metadata* metadata) {
  return metadata != nullptr ? metadata->entries.size() : 0;
}

int polycall_metadata_get(const polycall_metadata* metadata, size_t index, const char** key,
                          const void** value, size_t* value_size) {
  if (metadata == nullptr || index >= metadata->entries.size()) return 0;
  const auto& entry = metadata->entries[index];
  *key = entry.key.c_str();
  *value = entry.value.data();
  *value_size = entry.value.size();
  return 1;
}

int polycall_metadata_find(const polycall_metadata* metadata, const char* key, const void** value,
                           size_t* value_size) {
  if (metadata == nullptr) return 0;
  for (auto it = metadata->entries.rbegin(); it != metadata->entries.rend(); ++it) {
    if (it->key == key) {
      *value = it->value.data();
      *value_size = it->value.size();
      return 1;
    }
  }
  return 0;
}

}  // extern "C"
