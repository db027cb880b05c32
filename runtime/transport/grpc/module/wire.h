// gRPC's containers to and from the module's.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_WIRE_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_WIRE_H_

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include <string>
#include <vector>

#include "transport/grpc/grpc_module.h"

namespace polycall::transport {

inline std::string_view View(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}
inline grpc_slice Copy(std::string_view text) {
  return grpc_slice_from_copied_buffer(text.data(), text.size());
}

// A point of gRPC's clock; infinite for negative times.
gpr_timespec DeadlineAfter(int64_t timeout_ns);
// Nanoseconds left, at least 0; -1 for an infinite deadline.
int64_t TimeLeft(gpr_timespec deadline);

// The message as gRPC takes it; destroyed with grpc_byte_buffer_destroy.
grpc_byte_buffer* ToBuffer(const GrpcBytes& message);

// Metadata to send, kept until its batch is done.
class OutMetadata {
 public:
  OutMetadata() = default;
  ~OutMetadata() { Clear(); }
  OutMetadata(const OutMetadata&) = delete;
  OutMetadata& operator=(const OutMetadata&) = delete;
  void Add(const GrpcEntries& entries);
  void Add(std::string_view key, std::string_view value);
  void Clear();
  grpc_metadata* data() { return all_.data(); }
  size_t size() const { return all_.size(); }

 private:
  std::vector<grpc_metadata> all_;
};

// Metadata that came; without what is the protocol's own. `details` (may be NULL) receives
// grpc-status-details-bin.
GrpcEntries FromArray(const grpc_metadata_array& array, std::string_view* details);

// A message that came, taken apart; compressed ones are inflated, to at most `most` bytes.
class InMessage {
 public:
  // Takes the buffer.
  explicit InMessage(grpc_byte_buffer* buffer) : buffer_(buffer) {}
  ~InMessage() { grpc_byte_buffer_destroy(buffer_); }
  InMessage(const InMessage&) = delete;
  InMessage& operator=(const InMessage&) = delete;
  // False: `error` says why.
  bool Open(uint64_t most, GrpcStatus* error);
  GrpcMessage message() const;

 private:
  bool Inflate(uint64_t most, GrpcStatus* error);

  grpc_byte_buffer* const buffer_;
  std::vector<std::string_view> pieces_;
  size_t size_ = 0;
  std::string inflated_;
  std::string error_;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_WIRE_H_
