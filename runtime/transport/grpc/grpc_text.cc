#include "transport/grpc/grpc_text.h"

#include <algorithm>
#include <cstring>

#include "base/buffer.h"
#include "base/fork.h"
#include "base/module.h"

namespace polycall::transport {

base::Status LoadGrpc(GrpcModule** module) {
  static std::atomic<uint32_t> generation{UINT32_MAX};
  uint32_t expected = UINT32_MAX;
  const uint32_t now = base::ForkGeneration();
  if (!generation.compare_exchange_strong(expected, now) && expected != now) {
    return base::FailedPrecondition(
        "gRPC does not work in a child of a process that used it before fork(); use grpc targets "
        "in "
        "one of the two only, or another transport");
  }
  const void* entry = nullptr;
  if (base::Status status = base::LoadModule("grpc", &entry); !status.ok()) return status;
  *module = const_cast<GrpcModule*>(static_cast<const GrpcModule*>(entry));
  return {};
}

GrpcLimits ToGrpc(const Limits& limits) {
  return {limits.max_message_size,    limits.max_metadata_size, limits.max_calls,
          limits.call_window,         limits.idle_timeout_ns,   limits.keepalive_interval_ns,
          limits.keepalive_timeout_ns};
}

GrpcEntries ToEntries(const call::Metadata& metadata) {
  GrpcEntries entries;
  entries.reserve(metadata.entries.size());
  for (const auto& entry : metadata.entries) entries.push_back({entry.key, entry.value});
  return entries;
}

std::unique_ptr<call::Metadata> FromEntries(const GrpcEntries& entries) {
  std::unique_ptr<call::Metadata> metadata;
  for (const GrpcEntry& entry : entries) {
    if (entry.key.starts_with("polycall-")) continue;
    if (!metadata) metadata = std::make_unique<call::Metadata>();
    metadata->entries.push_back({std::string(entry.key), std::string(entry.value)});
  }
  return metadata;
}

bool HasEntry(const GrpcEntries& entries, std::string_view key) {
  return std::any_of(entries.begin(), entries.end(),
                     [key](const GrpcEntry& entry) { return entry.key == key; });
}

size_t EntriesSize(const GrpcEntries& entries) {
  size_t size = 0;
  for (const GrpcEntry& entry : entries) size += entry.key.size() + entry.value.size();
  return size;
}

polycall_message Gather(const GrpcMessage& message) {
  polycall_message out = POLYCALL_MESSAGE_INIT;
  if (message.size == 0) {
    out.data = "";  // empty, and not none
    return out;
  }
  base::Buffer* buffer = polycall_buffer_new(message.size);
  auto* at = static_cast<char*>(polycall_buffer_data(buffer));
  out.data = at;
  out.size = message.size;
  out.buffer = buffer;
  for (size_t i = 0; i < message.count; ++i) {
    memcpy(at, message.pieces[i].data(), message.pieces[i].size());
    at += message.pieces[i].size();
  }
  return out;
}

GrpcBytes ToBytes(const call::Encoded& encoded) {
  GrpcBytes bytes{encoded.bytes()};
  if (encoded.buffer() != nullptr) {
    base::RetainBuffer(encoded.buffer());
    bytes.owner = encoded.buffer();
    bytes.release = [](void* owner) { base::ReleaseBuffer(static_cast<base::Buffer*>(owner)); };
  }
  return bytes;
}

}  // namespace polycall::transport
