// Region: the memory that the two ends of a shm connection share, mapped.
#ifndef POLYCALL_TRANSPORT_SHM_REGION_H_
#define POLYCALL_TRANSPORT_SHM_REGION_H_

#include "base/ref.h"
#include "base/status.h"
#include "transport/shm/layout.h"

namespace polycall::transport::shm {

// Thread-safe. Lives as long as the connection, or a message that lies in it.
class Region final : public base::RefCounted<Region> {
 public:
  // A new one, sealed so that nobody can cut it off behind a mapping. `fd` receives the descriptor to
  // pass on.
  static base::Status Make(base::Ref<Region>* out, int* fd);
  // The peer's. Everything is checked; `fd` stays the caller's.
  static base::Status Map(int fd, base::Ref<Region>* out);

  Header& header() const { return *reinterpret_cast<Header*>(memory_); }
  uint8_t* ring(Role writer) const { return memory_ + kRingOffset + writer * kRingSize; }
  uint8_t* arena(Role writer) const { return memory_ + kArenaOffset + writer * kArenaSize; }
  std::atomic<uint8_t>* returned(Role writer) const {
    return reinterpret_cast<std::atomic<uint8_t>*>(memory_ + kFlagsOffset + writer * kPage);
  }
  // The process that made this object, not a child that inherited it by fork().
  bool ours() const;
  void Destroy() { delete this; }

 private:
  explicit Region(uint8_t* memory);
  ~Region();

  uint8_t* const memory_;
  const uint32_t fork_generation_;
  friend class base::RefCounted<Region>;
};

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_REGION_H_
