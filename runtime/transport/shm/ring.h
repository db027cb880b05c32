// A ring of bytes for one writer and one reader in shared memory.
//
// The bytes travel in records: a 32-bit size and the bytes, beginning on a cache line, never across
// the ring's end. The size word is written last, and 0 stands where the next record will be: so the
// reader polls the very line that will bring it the bytes, and a small record costs one transfer of
// a line between the cores. The 0 is on a line of its own, which the reader has: so it is laid ahead
// of time, where the record after next will be if all are of a size (Prepare). The reader tells how
// far it is in Side::consumed; the writer looks at it only when the ring seems full.
//
// A record that is one whole frame, as most are, lacks the frame's first word: that would say again
// what the record's size says, and the four bytes decide whether a call of 32 bytes fits a line.
//
// Nothing that the peer writes makes either end touch memory outside the ring: see Check.
#ifndef POLYCALL_TRANSPORT_SHM_RING_H_
#define POLYCALL_TRANSPORT_SHM_RING_H_

#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/tsan.h"
#include "transport/shm/layout.h"

namespace polycall::transport::shm {

// The size word at `position` (a multiple of kLine).
inline std::atomic<uint32_t>& WordAt(uint8_t* ring, size_t size, uint64_t position) {
  return *reinterpret_cast<std::atomic<uint32_t>*>(ring + (position & (size - 1)));
}

inline constexpr size_t kWord = sizeof(uint32_t);

// In a record's word, beside the size: the bytes are a frame without its first word.
inline constexpr uint32_t kFrameFlag = 0x80000000;
// What a frame's first word counts is less by this than the frame.
inline constexpr size_t kUncounted = 16;

// Larger writes become several records, so that the reader copies out one while the next is written.
inline constexpr size_t kMaxRecord = 16 * 1024 - kWord;

inline constexpr uint64_t RoundUp(uint64_t size) { return (size + kLine - 1) & ~(kLine - 1); }

// One thread at a time.
class RingWriter {
 public:
  // `ring` holds `size` bytes, all 0. `consumed` is the reader's.
  RingWriter(uint8_t* ring, size_t size, const std::atomic<uint64_t>* consumed)
      : ring_(ring), size_(size), consumed_(consumed) {}

  // Writes what there is room for, behind the first `skip` bytes; 0: none, or broken().
  size_t Write(const iovec* pieces, int count, size_t skip = 0);
  // The same of one piece; where that is a whole frame for which there is room, as most are, at once.
  size_t WriteOne(const void* data, size_t size) {
    if (WriteFrame(data, size)) return size;
    const iovec piece = {const_cast<void*>(data), size};
    return Write(&piece, 1);
  }
  // Makes the next Write faster, if its record is as long as the last one's. After what is urgent.
  void Prepare() {
    // Only where the reader is known to be through.
    if (ahead_ + kLine - known_ > size_ || ahead_ == zeroed_) return;
    WordAt(ring_, size_, ahead_).store(0, std::memory_order_relaxed);
    zeroed_ = ahead_;
  }
  // Whether Write would write something now.
  bool HasRoom() { return Room() > 0; }
  // The reader told of a position where it cannot be.
  bool broken() const { return broken_.load(std::memory_order_relaxed); }

 private:
  // The most bytes that the next record may hold. A line stays free for the 0 behind it.
  size_t Room();
  // False: it is not a frame, or there is no room for it.
  bool WriteFrame(const void* data, size_t size);
  void Commit(uint32_t word, size_t stored);

  uint8_t* const ring_;
  const size_t size_;
  const std::atomic<uint64_t>* const consumed_;
  uint64_t position_ = 0;  // where the next record begins
  uint64_t known_ = 0;     // the reader is at least here
  uint64_t zeroed_ = 0;    // a 0 is here already, unless we are beyond it
  uint64_t ahead_ = 0;     // where the record after next begins, probably
  std::atomic<bool> broken_{false};
};

// One thread at a time, but HasBytes by any.
class RingReader {
 public:
  RingReader(uint8_t* ring, size_t size, std::atomic<uint64_t>* consumed)
      : ring_(ring), size_(size), consumed_(consumed) {}

  // Takes up to `size` bytes; 0: none there, or broken().
  size_t Read(void* space, size_t size);
  bool HasBytes() const {
    return left_.load(std::memory_order_relaxed) > 0 ||
           WordAt(ring_, size_, position_.load(std::memory_order_relaxed))
                   .load(std::memory_order_acquire) != 0;
  }
  // Tells the writer how far we are. False: it knows.
  bool Publish() {
    const uint64_t position = position_.load(std::memory_order_relaxed);
    if (position == published_) return false;
    published_ = position;
    consumed_->store(position, std::memory_order_release);
    return true;
  }
  // So much was read that the writer should be told, even if more is there.
  bool ShouldPublish() const {
    return position_.load(std::memory_order_relaxed) - published_ >= size_ / 4;
  }
  // The writer wrote a size that cannot be.
  bool broken() const { return broken_; }

 private:
  uint8_t* const ring_;
  const size_t size_;
  std::atomic<uint64_t>* const consumed_;
  std::atomic<uint64_t> position_{0};  // of the next record; changed by the reader only
  std::atomic<size_t> left_{0};        // of the record before it; changed by the reader only
  const uint8_t* at_ = nullptr;        // where these are
  uint8_t first_[kWord] = {};  // a frame's word, made anew; `rest_` bytes at `rest_at_` follow
  const uint8_t* rest_at_ = nullptr;
  size_t rest_ = 0;
  uint64_t published_ = 0;
  uint64_t behind_ = 0;  // where the record in hand ends
  bool broken_ = false;
};

inline size_t RingWriter::Room() {
  const size_t to_end = size_ - (position_ & (size_ - 1));
  const auto free_now = [&] { return size_ - kLine - (position_ - known_); };
  if (free_now() < std::min<size_t>(to_end, size_ / 2)) {
    // The peer's word: a position that it cannot have reached ends the connection.
    const uint64_t told = consumed_->load(std::memory_order_acquire);
    if (told < known_ || told > position_ || told % kLine != 0) {
      broken_.store(true, std::memory_order_relaxed);
      return 0;
    }
    known_ = told;
  }
  const size_t room = std::min(free_now(), to_end);
  return room >= kLine ? std::min(room - kWord, kMaxRecord) : 0;
}

// The record's bytes are there, `stored` of them: makes it a record.
inline void RingWriter::Commit(uint32_t word, size_t stored) {
  const uint64_t next = position_ + RoundUp(kWord + stored);
  // First the 0 where the next record will be: only then may the reader go there.
  if (next != zeroed_) WordAt(ring_, size_, next).store(0, std::memory_order_relaxed);
  base::TsanRelease();
  WordAt(ring_, size_, position_).store(word, std::memory_order_release);
  ahead_ = next + (next - position_);
  position_ = next;
}

inline bool RingWriter::WriteFrame(const void* data, size_t size) {
  if (size < kUncounted) return false;
  const auto* frame = static_cast<const uint8_t*>(data);
  const size_t stored = size - kWord;
  uint32_t counted;
  memcpy(&counted, frame, kWord);
  if (counted != size - kUncounted || stored > Room()) return false;
  memcpy(ring_ + (position_ & (size_ - 1)) + kWord, frame + kWord, stored);
  Commit(static_cast<uint32_t>(stored) | kFrameFlag, stored);
  return true;
}

inline size_t RingWriter::Write(const iovec* pieces, int count, size_t skip) {
  size_t written = 0;
  for (; count > 0 && pieces->iov_len <= skip; ++pieces, --count) skip -= pieces->iov_len;
  for (;;) {
    // Empty pieces are none.
    for (; count > 0 && pieces->iov_len == skip; skip = 0) {
      ++pieces;
      --count;
    }
    if (count == 0 || broken()) return written;
    const size_t room = Room();
    if (room == 0) return written;
    uint8_t* const record = ring_ + (position_ & (size_ - 1));
    size_t filled = 0;
    while (count > 0 && filled < room) {
      const size_t part = std::min(pieces->iov_len - skip, room - filled);
      if (part > 0) {
        memcpy(record + kWord + filled, static_cast<const uint8_t*>(pieces->iov_base) + skip, part);
      }
      filled += part;
      skip += part;
      if (skip == pieces->iov_len) {
        ++pieces;
        --count;
        skip = 0;
      }
    }
    Commit(static_cast<uint32_t>(filled), filled);
    written += filled;
  }
}

inline size_t RingReader::Read(void* space, size_t size) {
  auto* to = static_cast<uint8_t*>(space);
  size_t taken = 0;
  size_t left = left_.load(std::memory_order_relaxed);
  while (taken < size && !broken_) {
    if (left == 0) {
      const uint64_t position = position_.load(std::memory_order_relaxed);
      const size_t offset = position & (size_ - 1);
      const uint32_t word = WordAt(ring_, size_, position).load(std::memory_order_acquire);
      if (word == 0) break;
      base::TsanAcquire();
      const size_t told = word & ~kFrameFlag;
      const bool is_frame = (word & kFrameFlag) != 0;
      if (told > std::min(size_ - offset - kWord, kMaxRecord) ||
          (is_frame && told < kUncounted - kWord)) {
        broken_ = true;
        break;
      }
      left = told;
      at_ = ring_ + offset + kWord;
      behind_ = position + RoundUp(kWord + told);
      if (is_frame) {
        const auto counted = static_cast<uint32_t>(told + kWord - kUncounted);
        if (told + kWord <= size - taken) {  // the whole of it, as mostly
          memcpy(to + taken, &counted, kWord);
          memcpy(to + taken + kWord, at_, told);
          taken += kWord + told;
          left = 0;
          position_.store(behind_, std::memory_order_relaxed);
          continue;
        }
        memcpy(first_, &counted, kWord);
        rest_at_ = std::exchange(at_, first_);
        rest_ = std::exchange(left, kWord);
      }
    }
    const size_t part = std::min(left, size - taken);
    memcpy(to + taken, at_, part);
    at_ += part;
    left -= part;
    taken += part;
    if (left > 0) continue;
    if (rest_ > 0) {
      at_ = rest_at_;
      left = std::exchange(rest_, 0);
    } else {
      position_.store(behind_, std::memory_order_relaxed);
    }
  }
  left_.store(left, std::memory_order_relaxed);
  return taken;
}

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_RING_H_
