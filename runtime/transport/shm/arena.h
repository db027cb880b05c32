// Lending: large frames lie in the sender's arena and are read there.
//
// The sender alone knows which pages are in use. The receiver says that it is through with a block by
// a flag for its first page, in any order and from any thread; the sender looks at the flags of what
// it lent when it needs room. When there is no room a frame travels as bytes through the ring, so a
// receiver that keeps messages for ever slows its own connection and blocks nothing.
#ifndef POLYCALL_TRANSPORT_SHM_ARENA_H_
#define POLYCALL_TRANSPORT_SHM_ARENA_H_

#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/mutex.h"
#include "base/ref.h"
#include "transport/shm/region.h"

namespace polycall::transport::shm {

// A message that goes back as it came need not move at all: the ticket then names the place in the
// receiver's own arena, and the block is its owner's again when both ends are through with it.

// Where a lent frame lies: the body of a LENT frame.
struct Ticket {
  uint64_t offset;  // in the sender's arena, of the frame's header; handed back: of the payload
  uint64_t size;    // header and body; handed back: of the payload
};
static_assert(sizeof(Ticket) == 16);

// The sender's side. Thread-safe.
class Lender final : public base::RefCounted<Lender> {
 public:
  Lender(base::Ref<Region> region, Role role) : region_(std::move(region)), role_(role) {}

  // A buffer in the arena, or NULL.
  base::Buffer* TakeBuffer(size_t size);
  // Lends the frame of these parts. In place, if `payload` lies in one of our own buffers that nobody
  // else holds and there is room for the rest before it; else in a copy. False: no room.
  bool Lend(std::string_view head, std::string_view sections, std::string_view payload,
            base::Buffer* buffer, Ticket* ticket);
  // Bytes of a frame that we lent, which the peer hands back as a payload of its own; with a reference
  // for the caller. Once for each frame. NULL: we lent no such thing.
  base::Buffer* TakeBack(const Ticket& ticket);
  void Destroy() { delete this; }

 private:
  struct Block;
  struct Returned;
  struct Range {
    uint32_t page;
    uint32_t pages;
  };

  struct Lent {
    Range range;
    bool back = false;  // the peer handed it back,
    bool held = false;  // and somebody of ours reads it
  };

  ~Lender() = default;
  bool Allocate(size_t size, Range* range);
  void Return(Range range);
  static void EndBlock(base::ForeignBuffer* buffer);
  static void EndReturned(base::ForeignBuffer* buffer);
  friend class base::RefCounted<Lender>;

  const base::Ref<Region> region_;
  const Role role_;
  base::Mutex mutex_;
  std::vector<Range> used_ GUARDED_BY(mutex_);  // by page
  std::vector<Lent> lent_ GUARDED_BY(mutex_);   // those of them that the peer has
};

// The peer's frame that `ticket` names, in place or, if `copy`, copied out; with a reference for the
// caller. NULL: there is none such.
base::Buffer* BorrowFrame(const base::Ref<Region>& region, Role sender, const Ticket& ticket,
                          bool copy);

// The ticket for a payload that lies in a frame borrowed in place from `region`, if it was not handed back
// yet. False: `buffer` (may be NULL) is no such frame.
bool HandBack(const base::Ref<Region>& region, base::Buffer* buffer, std::string_view payload,
              Ticket* ticket);

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_ARENA_H_
