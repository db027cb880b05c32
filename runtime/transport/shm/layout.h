// What lies where in the memory that the two ends of a shm connection share. docs/protocol.md,
// section "Shared memory", specifies it; model/ring.pml is its protocol, checked.
//
//   page 0      Header
//   page 1, 2   a byte for each page of the server's and the caller's arena: not 0: the receiver is
//               through with the block that begins there (kReturned, kHandedBack)
//   then        the server's ring, the caller's ring, the server's arena, the caller's arena
//
// "The server's" is what the server writes. Everything that the peer may write is read once, copied,
// checked and only then used.
#ifndef POLYCALL_TRANSPORT_SHM_LAYOUT_H_
#define POLYCALL_TRANSPORT_SHM_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace polycall::transport::shm {

inline constexpr uint32_t kLayoutVersion = 3;
inline constexpr uint64_t kMagic = 0x6c6c61432d6d6873;  // "shm-Call"
inline constexpr size_t kPage = 4096;
inline constexpr size_t kLine = 64;
inline constexpr size_t kRingSize = 256 * 1024;  // a power of two
inline constexpr size_t kArenaSize = 16u << 20;  // pages are taken when they are first written
inline constexpr size_t kArenaPages = kArenaSize / kPage;

inline constexpr uint8_t kReturned = 1;
// The same, but a ticket hands the block back, which may come later.
inline constexpr uint8_t kHandedBack = 2;

enum Role { kServer = 0, kCaller = 1 };

// What one end writes for the other to read. Each word on a line of its own: they change at
// different times.
struct Side {
  // 1: this end's reader sleeps and wants a bell when there are bytes. Set by its owner, cleared by
  // whoever rings, or by the owner.
  alignas(kLine) std::atomic<uint32_t> sleeping;
  // 1: this end's writer found the ring full and wants a bell when there is room.
  alignas(kLine) std::atomic<uint32_t> wants_room;
  // The CPU on which it wrote last, and 1; 0: unknown.
  alignas(kLine) std::atomic<uint32_t> cpu;
  // How far its reader has come in the peer's ring.
  alignas(kLine) std::atomic<uint64_t> consumed;
};

struct Header {
  uint64_t magic;
  uint32_t version;
  uint32_t ring_size;
  uint64_t arena_size;
  Side sides[2];  // by Role
};
static_assert(sizeof(Header) <= kPage);
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(kArenaPages <= kPage, "the flags of an arena fit a page");

inline constexpr size_t kFlagsOffset = kPage;
inline constexpr size_t kRingOffset = 3 * kPage;
inline constexpr size_t kArenaOffset = kRingOffset + 2 * kRingSize;
inline constexpr size_t kRegionSize = kArenaOffset + 2 * kArenaSize;

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_LAYOUT_H_
