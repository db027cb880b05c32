// The way from a unix connection to shared memory, within the handshake:
//
//   caller                                        server
//     HELLO, features "shm"  ------------------>
//     <------------ SHM, with the memfd and two eventfds   (SCM_RIGHTS)
//     <------------------------------------ ACCEPT
//     SHM, argument 1 (mapped) or 0 ----------->
//     <----------------------- SHM, if it was 1: the last bytes on the socket but bells
//
// Whatever fails on the way leaves both on the unix socket.
#ifndef POLYCALL_TRANSPORT_SHM_UPGRADE_H_
#define POLYCALL_TRANSPORT_SHM_UPGRADE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "transport/shm/shm_stream.h"
#include "transport/stream/byte_stream.h"

namespace polycall::transport::shm {

inline constexpr char kFeature[] = "shm";

// What one end holds until both have agreed. Owns its descriptors.
class Upgrade {
 public:
  ~Upgrade();

  // Server: makes the memory and sends it to the caller at the other end of `socket`. NULL: it
  // cannot be, for a reason that was logged.
  static std::unique_ptr<Upgrade> Offer(int socket);

  // Caller, before it reads what Offer sends: the kernel is to say who sent it.
  static void Expect(int socket);
  // Caller: reads `size` bytes with what comes along, before `deadline`. NULL in `offer` if nothing
  // came.
  static base::Status ReadOffer(int socket, void* bytes, size_t size, int64_t deadline,
                                std::unique_ptr<Upgrade>* offer);
  // Caller: maps what came.
  base::Status Map(int socket);

  // Both: the stream that takes the place of `socket`'s.
  std::unique_ptr<ByteStream> Finish(std::unique_ptr<ByteStream> socket);

 private:
  Upgrade() = default;

  base::Ref<Region> region_;
  Role role_ = kServer;
  int memory_ = -1;
  Bells bells_;
  bool same_user_ = false;
};

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_UPGRADE_H_
