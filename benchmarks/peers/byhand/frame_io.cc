#include "peers/byhand/frame_io.h"

#include <errno.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "common/bench_socket.h"

namespace byhand {

void Buffer::Grow(size_t size, size_t used) {
  std::unique_ptr<uint8_t[]> larger(new uint8_t[size]);
  std::memcpy(larger.get(), data_.get(), used);
  data_ = std::move(larger);
  size_ = size;
}

bool FrameReader::Next(Frame* frame) {
  if (end_ - begin_ < 4) {
    wanted_ = 4;
    return false;
  }
  uint32_t prefix;
  std::memcpy(&prefix, buffer_.data() + begin_, 4);
  const uint32_t size = prefix & ~kStreamRequest;
  wanted_ = 4 + size_t{size};
  if (end_ - begin_ < wanted_) return false;
  *frame = {buffer_.data() + begin_ + 4, size, (prefix & kStreamRequest) != 0};
  begin_ += wanted_;
  return true;
}

bool FrameReader::Fill() {
  if (wanted_ > 4 + size_t{kMaxMessage}) return false;
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ + wanted_ > buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (wanted_ > buffer_.size()) buffer_.Grow(wanted_, end_);
  }
  ssize_t got;
  do {
    got = read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  end_ += static_cast<size_t>(got);
  return true;
}

void FrameWriter::Append(const echo::v1::EchoMessage& message, uint32_t flags) {
  const uint32_t size = static_cast<uint32_t>(message.ByteSizeLong());
  if (size_ + 4 + size > buffer_.size()) buffer_.Grow(size_ + 4 + size, size_);
  const uint32_t prefix = size | flags;
  std::memcpy(buffer_.data() + size_, &prefix, 4);
  message.SerializeWithCachedSizesToArray(buffer_.data() + size_ + 4);
  size_ += 4 + size;
}

bool FrameWriter::Flush() {
  const bool written = bench_write_all(fd_, buffer_.data(), size_) == 0;
  size_ = 0;
  return written;
}

}  // namespace byhand
