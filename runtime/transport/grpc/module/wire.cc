#include "transport/grpc/module/wire.h"

#include <grpc/byte_buffer_reader.h>
#include <grpc/compression.h>
#include <grpc/support/time.h>
#include <zlib.h>

namespace polycall::transport {
namespace {

// Smaller messages are copied: cheaper than an owner's bookkeeping.
constexpr size_t kCopyLimit = 4096;
constexpr size_t kInflateStep = 64 * 1024;

bool IsProtocols(std::string_view key) {
  return key.empty() || key[0] == ':' || key.starts_with("grpc-") || key == "user-agent" ||
         key == "content-type" || key == "te" || key == "host" || key == "accept-encoding";
}

}  // namespace

gpr_timespec DeadlineAfter(int64_t timeout_ns) {
  if (timeout_ns < 0) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(timeout_ns, GPR_TIMESPAN));
}

int64_t TimeLeft(gpr_timespec deadline) {
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return -1;
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  if (left.tv_sec < 0) return 0;
  constexpr int64_t kSecond = 1'000'000'000;
  if (left.tv_sec > INT64_MAX / kSecond - 1) return -1;
  return left.tv_sec * kSecond + left.tv_nsec;
}

grpc_byte_buffer* ToBuffer(const GrpcBytes& message) {
  grpc_slice slice;
  if (message.owner == nullptr || message.bytes.size() < kCopyLimit) {
    slice = Copy(message.bytes);
    if (message.owner != nullptr) message.release(message.owner);
  } else {
    slice = grpc_slice_new_with_user_data(const_cast<char*>(message.bytes.data()),
                                          message.bytes.size(), message.release, message.owner);
  }
  grpc_byte_buffer* buffer = grpc_raw_byte_buffer_create(&slice, 1);
  grpc_slice_unref(slice);
  return buffer;
}

void OutMetadata::Add(std::string_view key, std::string_view value) {
  grpc_metadata entry = {};
  entry.key = Copy(key);
  entry.value = Copy(value);
  all_.push_back(entry);
}

void OutMetadata::Add(const GrpcEntries& entries) {
  for (const GrpcEntry& entry : entries) Add(entry.key, entry.value);
}

void OutMetadata::Clear() {
  for (grpc_metadata& entry : all_) {
    grpc_slice_unref(entry.key);
    grpc_slice_unref(entry.value);
  }
  all_.clear();
}

GrpcEntries FromArray(const grpc_metadata_array& array, std::string_view* details) {
  GrpcEntries entries;
  for (size_t i = 0; i < array.count; ++i) {
    const std::string_view key = View(array.metadata[i].key);
    const std::string_view value = View(array.metadata[i].value);
    if (details != nullptr && key == "grpc-status-details-bin") *details = value;
    if (!IsProtocols(key)) entries.push_back({key, value});
  }
  return entries;
}

bool InMessage::Open(uint64_t most, GrpcStatus* error) {
  grpc_slice_buffer& raw = buffer_->data.raw.slice_buffer;
  if (buffer_->data.raw.compression != GRPC_COMPRESS_NONE) return Inflate(most, error);
  pieces_.reserve(raw.count);
  for (size_t i = 0; i < raw.count; ++i) pieces_.push_back(View(raw.slices[i]));
  size_ = raw.length;
  return true;
}

// gRPC would inflate the whole of it before it looks at any limit, so that a kilobyte could take a
// gigabyte: it hands us the compressed bytes instead.
bool InMessage::Inflate(uint64_t most, GrpcStatus* error) {
  const auto fail = [&](int32_t code, std::string text) {
    error_ = std::move(text);
    *error = {code, error_, {}};
    return false;
  };
  grpc_slice_buffer& raw = buffer_->data.raw.slice_buffer;
  z_stream stream = {};
  // 15 is deflate's window; 32 more: a zlib or gzip header, whichever is there.
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return fail(13, "zlib cannot be started");
  int result = Z_OK;
  for (size_t i = 0; i < raw.count && result == Z_OK; ++i) {
    const std::string_view piece = View(raw.slices[i]);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
      const size_t before = inflated_.size();
      inflated_.resize(before + kInflateStep);
      stream.next_out = reinterpret_cast<Bytef*>(inflated_.data() + before);
      stream.avail_out = kInflateStep;
      result = inflate(&stream, Z_NO_FLUSH);
      inflated_.resize(before + kInflateStep - stream.avail_out);
      if (inflated_.size() > most) {
        inflateEnd(&stream);
        return fail(8, "a compressed message grows larger than max_message_size of " +
                           std::to_string(most) + " bytes");
      }
    } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    if (result == Z_BUF_ERROR && stream.avail_in == 0) result = Z_OK;  // more in the next piece
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) return fail(13, "a compressed message is malformed or cut short");
  pieces_.push_back(inflated_);
  size_ = inflated_.size();
  return true;
}

GrpcMessage InMessage::message() const { return {pieces_.data(), pieces_.size(), size_}; }

}  // namespace polycall::transport
