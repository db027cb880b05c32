#include "transport/stream/frame_writer.h"

#include <sched.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace polycall::transport {
namespace {

constexpr size_t kSegmentSize = 64 * 1024;
constexpr size_t kFirstSegmentSize = 4 * 1024;
// Larger messages are sent from where they lie; smaller ones are cheaper to copy together.
constexpr size_t kReferenceLimit = 8 * 1024;
constexpr int kMaxIov = 32;
constexpr size_t kSmallFrame = 1024;  // up to here one copy costs less than a gather

// A piece of a frame, and what keeps it alive (NULL: nobody).
struct Piece {
  const void* data;
  size_t size;
  base::Buffer* holder;
};

// The pieces of a frame's message: at most kMaxMessagePieces, which `out` has room for.
constexpr int kMaxMessagePieces = call::Encoded::kMaxSlices;
int MessagePieces(std::string_view payload, const call::Encoded* message, Piece* out) {
  if (message == nullptr || message->slices().empty()) {
    out[0] = {payload.data(), payload.size(), message != nullptr ? message->buffer() : nullptr};
    return 1;
  }
  int count = 0;
  for (const polycall_slice& slice : message->slices()) {
    out[count++] = {slice.data, slice.size, message->HolderOf(slice)};
  }
  return count;
}

ssize_t SendVector(ByteStream* stream, const iovec* vector, int count) {
  ssize_t sent;
  do {
    sent = stream->Write(vector, count);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

ssize_t SendOne(ByteStream* stream, const void* data, size_t size) {
  ssize_t sent;
  do {
    sent = stream->WriteOne(data, size);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS; }

}  // namespace

FrameWriter::~FrameWriter() NO_THREAD_SAFETY_ANALYSIS {
  for (Segment& segment : segments_) base::ReleaseBuffer(segment.buffer);
}

// Only the holder of the lock changes it: no atomic addition is needed.
void FrameWriter::SetQueued(size_t size) { queued_.store(size, std::memory_order_relaxed); }

// A whole small frame into the last buffer, if it has room: what batches are made of.
bool FrameWriter::AppendWhole(const uint8_t* head, std::string_view sections,
                              std::string_view payload) {
  if (segments_.empty() || !segments_.back().appendable) return false;
  Segment& last = segments_.back();
  const size_t total = call::kFrameHeaderSize + sections.size() + payload.size();
  uint8_t* to = const_cast<uint8_t*>(last.data) + last.size;
  if (static_cast<size_t>(last.buffer->data() + last.buffer->capacity - to) < total) return false;
  memcpy(to, head, call::kFrameHeaderSize);
  to += call::kFrameHeaderSize;
  if (!sections.empty()) memcpy(to, sections.data(), sections.size());
  if (!payload.empty()) memcpy(to + sections.size(), payload.data(), payload.size());
  last.size += total;
  SetQueued(queued_bytes() + total);
  return true;
}

void FrameWriter::Append(const void* bytes, size_t size) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  SetQueued(queued_bytes() + size);
  while (size > 0) {
    Segment* last = segments_.empty() ? nullptr : &segments_.back();
    size_t room = 0;
    if (last != nullptr && last->appendable) {
      room = static_cast<size_t>(last->buffer->data() + last->buffer->capacity -
                                 (last->data + last->size));
    }
    if (room == 0) {
      base::Buffer* buffer = base::NewBuffer(
          segments_.empty() && size <= kFirstSegmentSize ? kFirstSegmentSize : kSegmentSize);
      if (buffer == nullptr) {
        broken_ = true;  // half a frame cannot be taken back
        return;
      }
      segments_.push_back({buffer, buffer->data(), 0, true});
      continue;
    }
    const size_t part = std::min(room, size);
    memcpy(const_cast<uint8_t*>(last->data) + last->size, from, part);
    last->size += part;
    from += part;
    size -= part;
  }
}

void FrameWriter::AppendByReference(base::Buffer* buffer, const void* data, size_t size) {
  base::RetainBuffer(buffer);
  SetQueued(queued_bytes() + size);
  segments_.push_back({buffer, static_cast<const uint8_t*>(data), size, false});
}

void FrameWriter::Keep(const void* data, size_t size, base::Buffer* holder) {
  if (holder != nullptr && size > kReferenceLimit) {
    AppendByReference(holder, data, size);
  } else {
    Append(data, size);
  }
}

FrameWriter::Result FrameWriter::LetGo(base::Buffer* holder) {
  base::MutexLock lock(mutex_);
  // A thread that sends reads them without the lock; it never waits for the socket.
  while (sending_ && !base::IsSoleOwner(holder)) {
    mutex_.Unlock();
    sched_yield();
    mutex_.Lock();
  }
  for (Segment& segment : segments_) {
    if (segment.buffer != holder) continue;
    base::Buffer* own = broken_ ? nullptr : base::NewBuffer(segment.size);
    if (own != nullptr) {
      memcpy(own->data(), segment.data, segment.size);
      segment.data = own->data();
    } else {
      broken_ = true;  // no memory: half a frame cannot be taken back
      segment.size = 0;
    }
    segment.buffer = own;
    base::ReleaseBuffer(holder);
  }
  return broken_ ? Result::kBroken : Result::kOk;
}

FrameWriter::Result FrameWriter::Write(call::FrameHeader header, std::string_view sections,
                                       const call::Encoded* message, bool later) {
  std::string_view payload = message != nullptr ? message->bytes() : std::string_view();
  header.body_size =
      static_cast<uint32_t>(sections.size() + (message != nullptr ? message->size() : 0));
  uint8_t head[call::kFrameHeaderSize];
  call::WriteFrameHeader(header, head);
  uint8_t ticket[ByteStream::kTicketSize];
  size_t lent = 0;
  if (payload.size() > kReferenceLimit) {
    lent = stream_->Lend(head, sections, payload, message->buffer(), ticket);
  }
  if (lent > 0) {
    // The frame lies where the peer reads it; what travels is a small one that says where.
    memcpy(head, ticket, sizeof(head));
    header = call::ReadFrameHeader(head);
    payload = {reinterpret_cast<const char*>(ticket) + sizeof(head), lent - sizeof(head)};
    sections = {};
    message = nullptr;
  }

  base::MutexLock lock(mutex_);
  if (broken_) return Result::kBroken;
  size_t sent_already = 0;
  if (segments_.empty() && !sending_ && !later && !blocked()) {
    // Nothing before us: from where it lies into the socket.
    sending_ = true;
    mutex_.Unlock();
    ssize_t sent;
    uint8_t small[kSmallFrame];
    const size_t total = sizeof(head) + header.body_size;
    if (message != nullptr && message->has_headroom() && sections.empty()) {
      // Header and payload in one piece: the kernel copies one range.
      auto* front = reinterpret_cast<uint8_t*>(const_cast<char*>(payload.data())) - sizeof(head);
      memcpy(front, head, sizeof(head));
      sent = SendOne(stream_, front, total);
    } else if (total <= sizeof(small)) {
      memcpy(small, head, sizeof(head));
      if (!sections.empty()) memcpy(small + sizeof(head), sections.data(), sections.size());
      if (!payload.empty()) {
        memcpy(small + sizeof(head) + sections.size(), payload.data(), payload.size());
      }
      sent = SendOne(stream_, small, total);
    } else {
      Piece pieces[kMaxMessagePieces];
      const int count = MessagePieces(payload, message, pieces);
      iovec vector[2 + kMaxMessagePieces] = {{head, sizeof(head)},
                                             {const_cast<char*>(sections.data()), sections.size()}};
      for (int i = 0; i < count; ++i) {
        vector[2 + i] = {const_cast<void*>(pieces[i].data), pieces[i].size};
      }
      sent = SendVector(stream_, vector, 2 + count);
    }
    const bool would_block = sent < 0 && WouldBlock();
    mutex_.Lock();
    sending_ = false;
    if (sent < 0 && !would_block) {
      broken_ = true;
      return Result::kBroken;
    }
    sent_already = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (sent_already == sizeof(head) + header.body_size) {
      // Others may have left frames with us meanwhile.
      return segments_.empty() ? Result::kOk : SendLocked();
    }
    blocked_.store(true, std::memory_order_relaxed);
    // What is left of this frame goes before what others left meanwhile.
    std::vector<Segment> others;
    others.swap(segments_);
    size_t skip = sent_already;
    const auto rest = [&](const void* data, size_t size, base::Buffer* buffer) {
      const size_t gone = std::min(skip, size);
      skip -= gone;
      Keep(static_cast<const uint8_t*>(data) + gone, size - gone, buffer);
    };
    rest(head, sizeof(head), nullptr);
    rest(sections.data(), sections.size(), nullptr);
    Piece pieces[kMaxMessagePieces];
    const int count = MessagePieces(payload, message, pieces);
    for (int i = 0; i < count; ++i) rest(pieces[i].data, pieces[i].size, pieces[i].holder);
    segments_.insert(segments_.end(), others.begin(), others.end());
    return broken_ ? Result::kBroken : Result::kBlocked;
  }
  if (header.body_size > kReferenceLimit || !AppendWhole(head, sections, payload)) {
    Append(head, sizeof(head));
    Append(sections.data(), sections.size());
    Piece pieces[kMaxMessagePieces];
    const int count = MessagePieces(payload, message, pieces);
    for (int i = 0; i < count; ++i) Keep(pieces[i].data, pieces[i].size, pieces[i].holder);
  }
  if (broken_) return Result::kBroken;
  if (sending_) return Result::kOk;
  if (blocked()) return Result::kBlocked;
  if (later && queued_bytes() < stream_->BatchLimit()) return Result::kOk;
  return SendLocked();
}

FrameWriter::Result FrameWriter::Flush() {
  // Whoever queues a frame flushes it himself, or is the thread that is here.
  if (queued_bytes() == 0 && !blocked()) return Result::kOk;
  base::MutexLock lock(mutex_);
  if (broken_) return Result::kBroken;
  blocked_.store(false, std::memory_order_relaxed);
  if (segments_.empty() || sending_) return Result::kOk;
  return SendLocked();
}

// Sends until nothing is left or the socket is full. The lock is open while the kernel copies.
FrameWriter::Result FrameWriter::SendLocked() {
  sending_ = true;
  Result result = Result::kOk;
  while (!segments_.empty() && !broken_) {
    iovec vector[kMaxIov];
    const int count = static_cast<int>(std::min<size_t>(segments_.size(), kMaxIov));
    size_t asked = 0;
    for (int i = 0; i < count; ++i) {
      vector[i] = {const_cast<uint8_t*>(segments_[i].data), segments_[i].size};
      asked += segments_[i].size;
      // Others may append to the last segment while we send: what they add is sent next time.
    }
    mutex_.Unlock();
    const ssize_t sent = count == 1 ? SendOne(stream_, vector[0].iov_base, vector[0].iov_len)
                                    : SendVector(stream_, vector, count);
    const bool would_block = sent < 0 && WouldBlock();
    mutex_.Lock();
    if (sent < 0) {
      if (would_block) {
        blocked_.store(true, std::memory_order_relaxed);
        result = Result::kBlocked;
      } else {
        broken_ = true;
      }
      break;
    }
    SetQueued(queued_bytes() - static_cast<size_t>(sent));
    auto left = static_cast<size_t>(sent);
    size_t done = 0;
    while (done < segments_.size() && left >= segments_[done].size) {
      left -= segments_[done].size;
      // The last buffer stays for the next frames while frames keep coming.
      base::ReleaseBuffer(segments_[done].buffer);
      ++done;
    }
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(done));
    if (left > 0) {
      segments_.front().data += left;
      segments_.front().size -= left;
    }
    if (static_cast<size_t>(sent) < asked) {
      // There is no room, and asking once more would only say so.
      blocked_.store(true, std::memory_order_relaxed);
      result = Result::kBlocked;
      break;
    }
  }
  sending_ = false;
  if (segments_.empty() && segments_.capacity() > 16) segments_.shrink_to_fit();
  return broken_ ? Result::kBroken : result;
}

void FrameWriter::Break() {
  base::MutexLock lock(mutex_);
  broken_ = true;
  if (sending_) return;  // the segments are in use; the destructor ends them
  for (Segment& segment : segments_) base::ReleaseBuffer(segment.buffer);
  segments_.clear();
  queued_.store(0, std::memory_order_relaxed);
}

}  // namespace polycall::transport
