// Encoding of protobuf's C++ messages without copying their long fields. For generated code; programs
// do not need it.
#ifndef POLYCALL_SLICES_H_
#define POLYCALL_SLICES_H_

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <polycall/polycall.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace polycall::internal {

// What protobuf writes, as slices: short fields lie in `room`, strings and bytes that do not fit into
// what is left of a chunk of it stay in the message.
class SliceStream final : public google::protobuf::io::ZeroCopyOutputStream {
 public:
  SliceStream(void* room, size_t room_size, polycall_slice* slices, size_t max_slices)
      : next_(static_cast<uint8_t*>(room)),
        end_(next_ + room_size),
        slices_(slices),
        max_slices_(max_slices) {}

  // How many slices there are; 0: they did not fit.
  size_t count() const { return failed_ ? 0 : count_; }

  bool Next(void** data, int* size) override {
    const size_t chunk = std::min(kChunk, static_cast<size_t>(end_ - next_));
    if (chunk == 0 || !Add(next_, chunk)) return Fail();
    *data = next_;
    *size = static_cast<int>(chunk);
    next_ += chunk;
    return true;
  }
  void BackUp(int count) override {
    const auto unused = static_cast<size_t>(count);
    next_ -= unused;
    written_ -= count;
    slices_[count_ - 1].size -= unused;
    if (slices_[count_ - 1].size == 0) --count_;
  }
  bool WriteAliasedRaw(const void* data, int size) override {
    return Add(data, static_cast<size_t>(size)) || Fail();
  }
  bool AllowsAliasing() const override { return true; }
  int64_t ByteCount() const override { return written_; }

 private:
  static constexpr size_t kChunk = 4096;

  bool Fail() {
    failed_ = true;
    return false;
  }
  bool Add(const void* data, size_t size) {
    written_ += static_cast<int64_t>(size);
    if (count_ > 0) {
      polycall_slice& last = slices_[count_ - 1];
      if (static_cast<const uint8_t*>(last.data) + last.size == data) {
        last.size += size;
        return true;
      }
    }
    if (count_ == max_slices_) return false;
    slices_[count_++] = {data, size};
    return true;
  }

  uint8_t* next_;
  uint8_t* const end_;
  polycall_slice* const slices_;
  const size_t max_slices_;
  size_t count_ = 0;
  int64_t written_ = 0;
  bool failed_ = false;
};

template <typename Message>
size_t EncodeSlices(const void* object, size_t size, void* room, size_t room_size,
                    polycall_slice* slices, size_t max_slices) {
  SliceStream stream(room, room_size, slices, max_slices);
  {
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.EnableAliasing(true);
    static_cast<const Message*>(object)->SerializeWithCachedSizes(&coded);
  }
  return stream.ByteCount() == static_cast<int64_t>(size) ? stream.count() : 0;
}

}  // namespace polycall::internal

#endif  // POLYCALL_SLICES_H_
