#include "transport/stream/frame_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace polycall::transport {
namespace {

// Holds a 64 KiB message with its header in one read, and many small ones.
constexpr size_t kChunkSize = 128 * 1024;
// What is read into a buffer of the last frame's size before it is known how large it is.
constexpr size_t kMostExpected = 4u << 20;
// What may stay behind in a connection that nobody reads: more would cost an idle peer nothing and
// us memory.
constexpr size_t kParkCopyLimit = 4096;

// One chunk per thread waits for the next read.
struct ChunkCache {
  base::Buffer* chunk = nullptr;
  ~ChunkCache() { base::ReleaseBuffer(chunk); }
};
thread_local ChunkCache t_cache;

base::Buffer* TakeChunk() {
  if (t_cache.chunk != nullptr) return std::exchange(t_cache.chunk, nullptr);
  return base::NewBuffer(kChunkSize);
}

void GiveChunk(base::Buffer* chunk) {
  if (t_cache.chunk == nullptr && chunk->capacity >= kChunkSize && chunk->size == kChunkSize &&
      base::IsSoleOwner(chunk)) {
    t_cache.chunk = chunk;
  } else {
    base::ReleaseBuffer(chunk);
  }
}

}  // namespace

// Makes room for `needed` bytes from begin_ on, moving what is there if need be.
bool FrameReader::Reserve(size_t needed) {
  if (chunk_ != nullptr && chunk_->capacity - begin_ >= needed) return true;
  const size_t have = end_ - begin_;
  if (chunk_ != nullptr && needed <= chunk_->capacity && base::IsSoleOwner(chunk_)) {
    memmove(chunk_->data(), chunk_->data() + begin_, have);
  } else {
    base::Buffer* larger = needed <= kChunkSize ? TakeChunk() : base::NewBuffer(needed);
    if (larger == nullptr) return false;
    if (have > 0) memcpy(larger->data(), chunk_->data() + begin_, have);
    if (chunk_ != nullptr) GiveChunk(chunk_);
    chunk_ = larger;
  }
  begin_ = 0;
  end_ = have;
  return true;
}

uint8_t* FrameReader::Space(size_t* size) {
  // Only now that nobody holds frames of the chunk may the rest of one be moved to its front.
  size_t needed = std::exchange(needed_, 0);
  // Large frames come one after the other: the next one is read into its place from its first byte.
  if (needed == 0 && chunk_ == nullptr) needed = expected_;
  // With room for the header of what follows: a read that fills it has left something behind.
  if (needed > kChunkSize) needed += call::kFrameHeaderSize;
  if (needed > 0 && !Reserve(needed)) {
    *size = 0;
    return nullptr;
  }
  if (chunk_ == nullptr || end_ == chunk_->capacity) {
    if (!Reserve(end_ - begin_ + 1)) {
      *size = 0;
      return nullptr;
    }
  }
  if (begin_ == end_ && begin_ > 0 && base::IsSoleOwner(chunk_)) begin_ = end_ = 0;
  *size = chunk_->capacity - end_;
  // A large frame ends where its buffer ends, so that the next frame begins in a fresh chunk and need
  // not be moved.
  if (chunk_->size > kChunkSize) *size = std::min(*size, chunk_->size - end_);
  if (*size == 0) {
    if (!Reserve(end_ - begin_ + kChunkSize)) return nullptr;
    *size = chunk_->capacity - end_;
  }
  return chunk_->data() + end_;
}

FrameReader::Result FrameReader::Next(call::FrameHeader* header, std::string_view* body,
                                      base::Buffer** buffer, const char** error) {
  if (lent_ != nullptr) base::ReleaseBuffer(std::exchange(lent_, nullptr));
  const size_t have = end_ - begin_;
  if (have < call::kFrameHeaderSize) return Result::kMore;
  *header = call::ReadFrameHeader(chunk_->data() + begin_);
  if ((*error = call::CheckFrameHeader(*header, max_body_)) != nullptr) return Result::kError;
  const size_t total = call::kFrameHeaderSize + header->body_size;
  if (have < total) {
    needed_ = total;
    return Result::kMore;
  }
  *body = {reinterpret_cast<char*>(chunk_->data()) + begin_ + call::kFrameHeaderSize,
           header->body_size};
  *buffer = chunk_;
  begin_ += total;
  expected_ = total > kChunkSize && total <= kMostExpected ? total : 0;
  if (header->type == call::FrameType::kLent) return NextLent(header, body, buffer, error);
  return Result::kFrame;
}

// `body` is a ticket: the frame that it names instead.
FrameReader::Result FrameReader::NextLent(call::FrameHeader* header, std::string_view* body,
                                          base::Buffer** buffer, const char** error) {
  std::string_view frame;
  lent_ = lender_ != nullptr ? lender_->Borrow(*body, header, &frame) : nullptr;
  if (lent_ == nullptr) {
    *error = "a lent frame where there is none";
    return Result::kError;
  }
  if ((*error = call::CheckFrameHeader(*header, max_body_)) != nullptr) return Result::kError;
  if (header->type == call::FrameType::kLent || header->body_size != frame.size()) {
    *error = "a lent frame of another size than its ticket's";
    return Result::kError;
  }
  *body = frame;
  *buffer = lent_;
  return Result::kFrame;
}

bool FrameReader::TakeBytes(size_t count, const uint8_t** bytes) {
  if (end_ - begin_ < count) return false;
  *bytes = chunk_->data() + begin_;
  begin_ += count;
  return true;
}

void FrameReader::Park() {
  base::ReleaseBuffer(std::exchange(lent_, nullptr));
  if (chunk_ == nullptr) return;
  const size_t have = end_ - begin_;
  if (have == 0) {
    GiveChunk(std::exchange(chunk_, nullptr));
    begin_ = end_ = 0;
  } else if (have <= kParkCopyLimit && chunk_->size == kChunkSize) {
    if (base::Buffer* small = base::NewBuffer(have)) {
      memcpy(small->data(), chunk_->data() + begin_, have);
      GiveChunk(std::exchange(chunk_, small));
      begin_ = 0;
      end_ = have;
    }
  }
}

}  // namespace polycall::transport
