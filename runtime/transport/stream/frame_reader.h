// FrameReader: bytes in, frames out, over shared read buffers.
#ifndef POLYCALL_TRANSPORT_STREAM_FRAME_READER_H_
#define POLYCALL_TRANSPORT_STREAM_FRAME_READER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "call/frame.h"
#include "transport/stream/byte_stream.h"

namespace polycall::transport {

// Used by one thread at a time: whoever reads the connection. An idle connection holds no buffer: the
// buffer belongs to the thread and is lent while there is something in it.
class FrameReader {
 public:
  enum class Result { kFrame, kMore, kError };

  FrameReader() = default;
  ~FrameReader() {
    base::ReleaseBuffer(chunk_);
    base::ReleaseBuffer(lent_);
  }
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  void set_max_body(uint64_t max_body) { max_body_ = max_body; }
  // Whose frames may lie elsewhere (ByteStream::Borrow). Borrowed; NULL: nobody's.
  void set_lender(ByteStream* lender) { lender_ = lender; }

  // Where to read to next, and how much fits. `*size` is 0 only when memory ran out.
  uint8_t* Space(size_t* size);
  // `count` bytes of `size` were read there.
  void Filled(size_t count, size_t size) {
    end_ += count;
    drained_ = count < size;
  }
  // The last read left nothing in the socket.
  bool drained() const { return drained_; }

  // The next complete frame. `body` lies in `*buffer`, which lives as long as the reader is not used
  // again, or as long as the caller retains it. kError: `error` says what is wrong (static).
  Result Next(call::FrameHeader* header, std::string_view* body, base::Buffer** buffer,
              const char** error);

  // Raw bytes, before frames begin (the preface). False: not there yet.
  bool TakeBytes(size_t count, const uint8_t** bytes);

  bool HasBytes() const { return end_ > begin_; }
  // Next would neither find a frame nor give back what the last one was lent.
  bool Done() const { return end_ == begin_ && lent_ == nullptr; }
  // Nothing more will be read for now: gives the buffer back, keeps what is left of a frame.
  void Park();

 private:
  bool Reserve(size_t needed);
  Result NextLent(call::FrameHeader* header, std::string_view* body, base::Buffer** buffer,
                  const char** error);

  ByteStream* lender_ = nullptr;
  base::Buffer* lent_ = nullptr;  // where the last lent frame lies
  base::Buffer* chunk_ = nullptr;
  size_t needed_ = 0;    // the size of the frame that is there in part, if it is known
  size_t expected_ = 0;  // the size of the last frame, if that was a large one
  size_t begin_ = 0;
  size_t end_ = 0;
  bool drained_ = true;
  uint64_t max_body_ = 64 * 1024;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_FRAME_READER_H_
