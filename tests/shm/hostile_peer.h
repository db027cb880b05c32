// Ends of a shm connection that keep no rule of the memory.
#ifndef POLYCALL_TESTS_SHM_HOSTILE_PEER_H_
#define POLYCALL_TESTS_SHM_HOSTILE_PEER_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>

#include "transport/shm/region.h"

namespace polycall::shm_test {

// The memory, sockets and bells of a connection whose handshake went well.
struct HostileEnd {
  ~HostileEnd();
  // Writes nonsense all over the header, the flags and the rings, and some of it into the arenas; rings
  // the peer. Once.
  void Scribble(std::mt19937* random);
  // The same, but looks like a record: sizes that may be, frames that may not.
  void ScribblePlausibly(std::mt19937* random);
  // Waits until the peer has hung up.
  bool PeerLeft() const;

  int socket = -1;
  int own_bell = -1, peer_bell = -1;
  transport::shm::Role role = transport::shm::kCaller;
  base::Ref<transport::shm::Region> region;
};

// A caller of the server at `path`, past the handshake. NULL: it was refused.
std::unique_ptr<HostileEnd> HostileCaller(const std::string& path);

// Accepts one caller on `listener` (a unix socket that listens) and moves it to shared memory, as a
// server would. NULL: the caller did not come or left.
std::unique_ptr<HostileEnd> HostileServer(int listener);

}  // namespace polycall::shm_test

#endif  // POLYCALL_TESTS_SHM_HOSTILE_PEER_H_
