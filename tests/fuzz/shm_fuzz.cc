// What a peer may do to shared memory: the input is a list of steps of both ends of a ring and of a peer
// that writes anything anywhere. Neither end may leave the ring, deliver more than was there, or go on
// after it has seen what cannot be. Each step is a byte and two more of argument:
//   0  the writer writes so many bytes
//   1  the reader reads so many
//   2  the reader tells how far it is
//   3  the peer sets the reader's word: position and value follow as 2 + 4 bytes
//   4  the peer sets the writer's word for how far the reader is: 8 bytes follow
//   5  a ticket of 16 bytes follows: the frame that it names is touched from end to end, and so is what it
//      hands back of a frame that was lent
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "transport/shm/arena.h"
#include "transport/shm/ring.h"

namespace {

using namespace polycall::transport;

constexpr size_t kSize = 4096;

[[noreturn]] void Die(const char* what) {
  fprintf(stderr, "shm_fuzz: %s\n", what);
  abort();
}

// The input, from front to back; zeros behind its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  template <typename T>
  T Take() {
    T value = {};
    const size_t part = size_ < sizeof(value) ? size_ : sizeof(value);
    memcpy(&value, data_, part);
    data_ += part;
    size_ -= part;
    return value;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

polycall::base::Ref<shm::Region> SharedRegion() {
  static const polycall::base::Ref<shm::Region> region = [] {
    polycall::base::Ref<shm::Region> made;
    int fd = -1;
    if (!shm::Region::Make(&made, &fd).ok()) Die("no shared memory");
    close(fd);
    return made;
  }();
  return region;
}

void TouchFrame(const shm::Ticket& ticket) {
  for (const bool copy : {false, true}) {
    polycall::base::Buffer* frame = shm::BorrowFrame(SharedRegion(), shm::kServer, ticket, copy);
    if (frame == nullptr) continue;
    if (frame->size != ticket.size) Die("a frame of another size than its ticket's");
    const volatile uint8_t* bytes = frame->data();
    [[maybe_unused]] const int touched = bytes[0] + bytes[frame->size - 1];
    polycall::base::ReleaseBuffer(frame);
  }
}

void TouchHandedBack(const shm::Ticket& ticket) {
  static const auto lender =
      polycall::base::Ref<shm::Lender>::Adopt(new shm::Lender(SharedRegion(), shm::kCaller));
  constexpr size_t kLentSize = 10000;
  shm::Ticket lent;
  if (!lender->Lend("0123456789abcdef", {}, std::string(kLentSize - 16, 'l'), nullptr, &lent)) {
    Die("no room, though everything came back");
  }
  if (polycall::base::Buffer* back = lender->TakeBack(ticket)) {
    const uint8_t* const begin = SharedRegion()->arena(shm::kCaller) + lent.offset;
    const size_t end = (kLentSize + shm::kPage - 1) / shm::kPage * shm::kPage;
    if (back->data() < begin || back->data() + back->size > begin + end) {
      Die("more was handed back than was lent");
    }
    const volatile uint8_t* bytes = back->data();
    [[maybe_unused]] const int touched = bytes[0] + bytes[back->size - 1];
    if (lender->TakeBack(ticket) != nullptr) Die("handed back twice");
    polycall::base::ReleaseBuffer(back);
  }
  SharedRegion()->returned(shm::kCaller)[lent.offset / shm::kPage].store(shm::kReturned);
}

struct Free {
  void operator()(uint8_t* memory) const { free(memory); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Just as large as the ring: what lies beyond is the sanitizer's.
  const std::unique_ptr<uint8_t, Free> memory(
      static_cast<uint8_t*>(aligned_alloc(shm::kLine, kSize)));
  memset(memory.get(), 0, kSize);
  std::atomic<uint64_t> consumed{0};
  shm::RingWriter writer(memory.get(), kSize, &consumed);
  shm::RingReader reader(memory.get(), kSize, &consumed);
  std::vector<char> bytes(65536, 'b');
  bool honest = true;
  uint64_t written = 0, read = 0;
  for (Input input(data, size); !input.empty();) {
    const auto step = input.Take<uint8_t>();
    const auto count = input.Take<uint16_t>();
    switch (step % 7) {
      case 0: {
        const iovec pieces[] = {{bytes.data(), count / 2u}, {bytes.data(), count - count / 2u}};
        const size_t got = writer.Write(pieces, 2);
        if (got > count) Die("more was written than was given");
        written += got;
        break;
      }
      case 5: {  // a frame, which travels without its first word; then what makes the next faster
        std::vector<char> frame(shm::kUncounted + count, 'f');
        const uint32_t counted = count;
        memcpy(frame.data(), &counted, sizeof(counted));
        const size_t got = writer.WriteOne(frame.data(), frame.size());
        if (got > frame.size()) Die("more was written than was given");
        written += got;
        writer.Prepare();
        break;
      }
      case 1: {
        const size_t got = reader.Read(bytes.data(), count);
        if (got > count) Die("more was read than there was room for");
        read += got;
        break;
      }
      case 2:
        reader.Publish();
        break;
      case 3:
        honest = false;
        shm::WordAt(memory.get(), kSize, count / shm::kLine * shm::kLine)
            .store(input.Take<uint32_t>());
        break;
      case 4:
        honest = false;
        consumed.store(input.Take<uint64_t>());
        break;
      default: {
        const auto ticket = input.Take<shm::Ticket>();
        TouchFrame(ticket);
        TouchHandedBack(ticket);
      }
    }
    if (honest && (writer.broken() || reader.broken())) Die("an honest ring broke");
    if (honest && read > written) Die("more was read than was written");
  }
  return 0;
}
