// FrameWriter: frames into a socket, from many threads, batched and never blocking.
#ifndef POLYCALL_TRANSPORT_STREAM_FRAME_WRITER_H_
#define POLYCALL_TRANSPORT_STREAM_FRAME_WRITER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/mutex.h"
#include "call/frame.h"
#include "call/message.h"
#include "transport/stream/byte_stream.h"

namespace polycall::transport {

// Thread-safe. Frames leave in the order of Write. One thread at a time sends; the others leave their
// frames with it.
class FrameWriter {
 public:
  enum class Result {
    kOk,       // sent, or kept for a later flush or for the thread that sends
    kBlocked,  // the socket takes no more: call Flush when it is writable
    kBroken    // the connection is gone; nothing of the frame was sent or will be
  };

  ~FrameWriter();
  // Borrowed. Before the first Write, or while nobody writes.
  void set_stream(ByteStream* stream) {
    base::MutexLock lock(mutex_);
    stream_ = stream;
  }

  // One frame: header (body_size is filled in), sections, then the message's bytes. With `later` it
  // may stay in the buffer until Flush or the next Write without it.
  Result Write(call::FrameHeader header, std::string_view sections, const call::Encoded* message,
               bool later);
  // Of messages whose holder this was, nothing is kept by reference when it returns: the rest is
  // copied. Waits for no more than a send that is under way. kBroken also if memory ran out.
  Result LetGo(base::Buffer* holder);
  // Sends what is kept.
  Result Flush();
  // Everything kept is dropped; every later write is kBroken.
  void Break();

  bool blocked() const { return blocked_.load(std::memory_order_relaxed); }
  size_t queued_bytes() const { return queued_.load(std::memory_order_relaxed); }

 private:
  struct Segment {
    base::Buffer* buffer;
    const uint8_t* data;
    size_t size;
    bool appendable;  // our own buffer, with room behind `data + size`
  };

  void SetQueued(size_t size) REQUIRES(mutex_);
  bool AppendWhole(const uint8_t* head, std::string_view sections, std::string_view payload)
      REQUIRES(mutex_);
  void Append(const void* bytes, size_t size) REQUIRES(mutex_);
  // By reference, if it is long and has a holder.
  void Keep(const void* data, size_t size, base::Buffer* holder) REQUIRES(mutex_);
  void AppendByReference(base::Buffer* buffer, const void* data, size_t size) REQUIRES(mutex_);
  Result SendLocked() REQUIRES(mutex_);

  ByteStream* stream_ = nullptr;
  base::Mutex mutex_;
  std::vector<Segment> segments_ GUARDED_BY(mutex_);
  bool sending_ GUARDED_BY(mutex_) = false;
  bool broken_ GUARDED_BY(mutex_) = false;
  std::atomic<bool> blocked_{false};
  std::atomic<size_t> queued_{0};  // changed under mutex_
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_FRAME_WRITER_H_
