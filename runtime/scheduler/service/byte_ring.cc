#include "service/byte_ring.h"

#include <algorithm>

namespace polycall::scheduler {

void ByteRing::Add(std::string_view bytes) {
  if (bytes.size() + kHeader > bytes_.size()) {
    return;
  }
  while (end_ + kHeader + bytes.size() - oldest_ > bytes_.size()) {
    oldest_ += kHeader + SizeAt(oldest_);
    --count_;
  }
  const auto size = static_cast<uint32_t>(bytes.size());
  Put(end_, reinterpret_cast<const char*>(&size), kHeader);
  Put(end_ + kHeader, bytes.data(), bytes.size());
  end_ += kHeader + bytes.size();
  ++count_;
}

uint32_t ByteRing::SizeAt(uint64_t at) const {
  uint32_t size = 0;
  Get(at, reinterpret_cast<char*>(&size), kHeader);
  return size;
}

void ByteRing::Get(uint64_t at, char* to, size_t size) const {
  const size_t begin = at % bytes_.size();
  const size_t first = std::min(size, bytes_.size() - begin);
  std::copy_n(bytes_.data() + begin, first, to);
  std::copy_n(bytes_.data(), size - first, to + first);
}

void ByteRing::Put(uint64_t at, const char* from, size_t size) {
  const size_t begin = at % bytes_.size();
  const size_t first = std::min(size, bytes_.size() - begin);
  std::copy_n(from, first, bytes_.data() + begin);
  std::copy_n(from + first, size - first, bytes_.data());
}

}  // namespace polycall::scheduler
