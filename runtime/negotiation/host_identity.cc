// ThisHost(): who this process is, for its handshakes.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "negotiation/handshake.h"

namespace polycall::negotiation {
namespace {

// Lives in a page that the kernel zeroes in the child of a fork (MADV_WIPEONFORK): the child finds
// the state "empty" and makes a token of its own. That needs no fork handler, works for clone() and
// does not inherit a lock that another thread held.
struct Identity {
  enum State : uint32_t { kEmpty = 0, kFilling = 1, kFilled = 2 };
  std::atomic<uint32_t> state;
  pid_t pid;
  char boot_id[64];
  char process[33];
};

std::atomic<Identity*> shared_identity{nullptr};

Identity* SharedIdentity() {
  Identity* known = shared_identity.load(std::memory_order_acquire);
  if (known != nullptr) return known;
  void* page =
      mmap(nullptr, sizeof(Identity), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  madvise(page, sizeof(Identity), MADV_WIPEONFORK);  // where it fails, the pid check below remains
  Identity* fresh = static_cast<Identity*>(page);
  if (!shared_identity.compare_exchange_strong(known, fresh)) {
    munmap(page, sizeof(Identity));
    return known;
  }
  return fresh;
}

void ReadBootId(char* out, size_t size) {
  out[0] = '\0';
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t got = read(fd, out, size - 1);
  close(fd);
  out[got > 0 ? got : 0] = '\0';
  out[strcspn(out, "\n")] = '\0';
}

void MakeToken(char* out) {
  unsigned char random[16];
  size_t filled = 0;
  while (filled < sizeof(random)) {
    const ssize_t got = getrandom(random + filled, sizeof(random) - filled, 0);
    if (got > 0) filled += static_cast<size_t>(got);
    if (got < 0 && errno != EINTR) break;
  }
  if (filled < sizeof(random)) {  // no randomness: an unknown process, equal to no other
    out[0] = '\0';
    return;
  }
  for (size_t i = 0; i < sizeof(random); ++i) {
    out[2 * i] = "0123456789abcdef"[random[i] >> 4];
    out[2 * i + 1] = "0123456789abcdef"[random[i] & 15];
  }
  out[2 * sizeof(random)] = '\0';
}

void Fill(Identity* identity) {
  ReadBootId(identity->boot_id, sizeof(identity->boot_id));
  MakeToken(identity->process);
  identity->pid = getpid();
  identity->state.store(Identity::kFilled, std::memory_order_release);
}

}  // namespace

HostIdentity ThisHost() {
  HostIdentity host;
  if (Identity* identity = SharedIdentity()) {
    for (;;) {
      uint32_t state = identity->state.load(std::memory_order_acquire);
      if (state == Identity::kFilled && identity->pid == getpid()) break;
      if (state == Identity::kFilling) {
        sched_yield();
      } else if (identity->state.compare_exchange_strong(state, Identity::kFilling)) {
        Fill(identity);
      }
    }
    host.boot_id = identity->boot_id;
    host.process = identity->process;
  }
  // Not cached: setns() and setuid() change them.
  struct stat ns;
  if (stat("/proc/self/ns/net", &ns) == 0) host.network_namespace = ns.st_ino;
  host.uid = geteuid();
  return host;
}

}  // namespace polycall::negotiation
