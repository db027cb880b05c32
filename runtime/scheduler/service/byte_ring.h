// The newest of a row of byte strings, in memory of a fixed size.
#ifndef POLYCALL_SCHEDULER_SERVICE_BYTE_RING_H_
#define POLYCALL_SCHEDULER_SERVICE_BYTE_RING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::scheduler {

// All memory is taken and touched when it is made: what grows until it is full cannot be told from a
// leak meanwhile, and is one where nobody looks for hours. Not thread-safe.
class ByteRing {
 public:
  explicit ByteRing(size_t bytes) : bytes_(bytes) {}

  // The oldest make room. One that is larger than the ring is not taken.
  void Add(std::string_view bytes);

  // How many there are.
  size_t count() const { return count_; }

  // Calls visit(const std::string&) for each, the oldest first. It must not add.
  template <typename Visit>
  void ForEach(Visit visit) const {
    std::string bytes;
    for (uint64_t at = oldest_; at != end_; at += kHeader + bytes.size()) {
      bytes.resize(SizeAt(at));
      Get(at + kHeader, bytes.data(), bytes.size());
      visit(bytes);
    }
  }

 private:
  // Before each its size.
  static constexpr size_t kHeader = sizeof(uint32_t);

  uint32_t SizeAt(uint64_t at) const;
  void Get(uint64_t at, char* to, size_t size) const;
  void Put(uint64_t at, const char* from, size_t size);

  std::vector<char> bytes_;
  // Offsets that only grow; their place is the remainder.
  uint64_t oldest_ = 0, end_ = 0;
  size_t count_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_BYTE_RING_H_
