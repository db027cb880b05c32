// Length-prefixed protobuf frames on a blocking socket, as a careful programmer writes them for one
// program: one buffer each way that is kept, one system call for all frames that are ready.
//
// Frame: u32 little-endian, low 31 bits the message's size, top bit kStreamRequest; then the message.
#ifndef POLYCALL_BENCHMARKS_PEERS_BYHAND_FRAME_IO_H_
#define POLYCALL_BENCHMARKS_PEERS_BYHAND_FRAME_IO_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "echo.pb.h"

namespace byhand {

inline constexpr uint32_t kStreamRequest = 0x80000000u;
inline constexpr uint32_t kMaxMessage = 16u << 20;
inline constexpr size_t kBufferSize = 256 * 1024;

struct Frame {
  const uint8_t* data = nullptr;
  uint32_t size = 0;
  bool stream_request = false;
};

// Bytes that are not initialised: pages that no frame reached cost no memory. Not thread-safe.
class Buffer {
 public:
  Buffer() : data_(new uint8_t[kBufferSize]) {}

  uint8_t* data() { return data_.get(); }
  size_t size() const { return size_; }
  // Makes it at least `size` long, keeping the first `used` bytes.
  void Grow(size_t size, size_t used);

 private:
  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = kBufferSize;
};

// Not thread-safe.
class FrameReader {
 public:
  explicit FrameReader(int fd) : fd_(fd) {}

  // Takes the next frame that is wholly in the buffer; valid until Fill.
  bool Next(Frame* frame);
  // One read. False: the peer is gone or sent nonsense.
  bool Fill();

 private:
  int fd_;
  Buffer buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t wanted_ = 4;  // bytes from begin_ that the frame under way needs
};

// Not thread-safe.
class FrameWriter {
 public:
  explicit FrameWriter(int fd) : fd_(fd) {}

  void Append(const echo::v1::EchoMessage& message, uint32_t flags = 0);
  // Bytes that wait for Flush.
  size_t pending() const { return size_; }
  // Writes all that was appended. False: the peer is gone.
  bool Flush();

 private:
  int fd_;
  Buffer buffer_;
  size_t size_ = 0;
};

}  // namespace byhand

#endif  // POLYCALL_BENCHMARKS_PEERS_BYHAND_FRAME_IO_H_
