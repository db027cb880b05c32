#include "transport/shm/region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fork.h"

namespace polycall::transport::shm {
namespace {

// Nobody can make it shorter (a mapping would then end in SIGBUS), longer, or change that.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

uint8_t* MapAll(int fd) {
  void* memory =
      mmap(nullptr, kRegionSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<uint8_t*>(memory);
}

}  // namespace

Region::Region(uint8_t* memory) : memory_(memory), fork_generation_(base::ForkGeneration()) {}

Region::~Region() { munmap(memory_, kRegionSize); }

bool Region::ours() const { return fork_generation_ == base::ForkGeneration(); }

base::Status Region::Make(base::Ref<Region>* out, int* fd) {
  const int made = memfd_create("polycall", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made < 0) return base::Unavailable(base::ErrnoText("cannot make shared memory", errno));
  uint8_t* memory = nullptr;
  if (ftruncate(made, static_cast<off_t>(kRegionSize)) != 0 ||
      fcntl(made, F_ADD_SEALS, kSeals) != 0 || (memory = MapAll(made)) == nullptr) {
    const int error = errno;
    close(made);
    return base::Unavailable(base::ErrnoText("cannot map shared memory", error));
  }
  *out = base::Ref<Region>::Adopt(new Region(memory));
  Header& header = (*out)->header();
  header.magic = kMagic;
  header.version = kLayoutVersion;
  header.ring_size = kRingSize;
  header.arena_size = kArenaSize;
  *fd = made;
  return {};
}

base::Status Region::Map(int fd, base::Ref<Region>* out) {
  struct stat info = {};
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals || fstat(fd, &info) != 0 ||
      info.st_size != static_cast<off_t>(kRegionSize)) {
    return base::FailedPrecondition(
        "the peer's shared memory is not sealed, or not of the size that was agreed");
  }
  uint8_t* memory = MapAll(fd);
  if (memory == nullptr) {
    return base::Unavailable(base::ErrnoText("cannot map the peer's shared memory", errno));
  }
  *out = base::Ref<Region>::Adopt(new Region(memory));
  // What was written before it was sent to us; the sizes that are used are our own constants.
  const Header& header = (*out)->header();
  if (header.magic != kMagic || header.version != kLayoutVersion || header.ring_size != kRingSize ||
      header.arena_size != kArenaSize) {
    *out = nullptr;
    return base::FailedPrecondition("the peer's shared memory has another layout");
  }
  return {};
}

}  // namespace polycall::transport::shm
