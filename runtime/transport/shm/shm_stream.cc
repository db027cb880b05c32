#include "transport/shm/shm_stream.h"

#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fork.h"
#include "base/syscalls.h"
#include "call/frame.h"

namespace polycall::transport::shm {
namespace {

// A few small frames: enough to make a write's fence and lines cheap.
constexpr size_t kEagerBatch = 512;
// What a peer does with a large message, and with one that it answers, takes so much longer: 0.2 to
// 0.4 ns a byte for each copy.
constexpr uint64_t kTicksPerByte = 1;
constexpr uint64_t kMostLooked = 4u << 20;
constexpr uint32_t kWatchPeer = EPOLLRDHUP | EPOLLET;

Role Other(Role role) { return role == kServer ? kCaller : kServer; }

uint32_t ThisCpu() {
  const int cpu = sched_getcpu();
  return cpu < 0 ? 0 : static_cast<uint32_t>(cpu) + 1;
}

}  // namespace

ShmStream::ShmStream(std::unique_ptr<ByteStream> socket, base::Ref<Region> region, Role role,
                     Bells bells, bool same_user)
    : socket_(std::move(socket)),
      region_(std::move(region)),
      role_(role),
      bells_(bells),
      same_user_(same_user),
      own_(region_->header().sides[role]),
      peer_(region_->header().sides[Other(role)]),
      lender_(base::Ref<Lender>::Adopt(new Lender(region_, role))),
      reader_(region_->ring(Other(role)), kRingSize, &own_.consumed),
      writer_(region_->ring(role), kRingSize, &peer_.consumed) {
  base::TrackFd(bells_.own);
  base::TrackFd(bells_.peer);
  own_.sleeping.store(1);
}

ShmStream::~ShmStream() {
  base::CloseTracked(bells_.own);
  base::CloseTracked(bells_.peer);
}

// ---- bells

void ShmStream::RingPeer() {
  if (by_socket()) {
    // EAGAIN: it has more bells than it took already.
    base::Send(socket_->fd(), "", 1);
    return;
  }
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(bells_.peer, &one, sizeof(one));
}

// Wakes our own reader, whoever that is now.
void ShmStream::RingSelf() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(bells_.own, &one, sizeof(one));
}

// Takes the peer's bells from the socket, where they are bytes.
void ShmStream::DrainSocket() {
  char bytes[256];
  ssize_t got;
  while ((got = base::Receive(socket_->fd(), bytes, sizeof(bytes))) == sizeof(bytes)) {
  }
  if (got == 0) gone_.store(true, std::memory_order_release);
}

// ---- reading

// Our reader is this far. The peer's writer may wait for it.
void ShmStream::PublishConsumed() {
  if (!reader_.Publish()) return;
  // Pairs with Write: either it sees our position, or we see that it waits.
  FullFence();
  if (peer_.wants_room.load(std::memory_order_relaxed) != 0 &&
      peer_.wants_room.exchange(0, std::memory_order_relaxed) != 0) {
    RingPeer();
  }
}

ssize_t ShmStream::Read(void* space, size_t size) {
  if (!region_->ours()) {  // a forked child: the ring is its parent's
    errno = EBADF;
    return -1;
  }
  // Before the bytes are looked for: what the peer wrote before it went is still to be read.
  const bool gone = gone_.load(std::memory_order_acquire);
  const size_t got = reader_.Read(space, size);
  if (got > 0) {
    if (reader_.ShouldPublish()) PublishConsumed();
    return static_cast<ssize_t>(got);
  }
  if (reader_.broken()) {
    errno = EPROTO;
    return -1;
  }
  if (gone) return 0;
  PublishConsumed();
  errno = EAGAIN;
  return -1;
}

uint64_t ShmStream::Budget() {
  // On one core the peer cannot write while we look.
  const uint32_t peer = peer_.cpu.load(std::memory_order_relaxed);
  if (peer == 0 || peer == ThisCpu()) return 0;
  const uint64_t budget = spin_.Next();
  const uint64_t lent = lent_.load(std::memory_order_relaxed);
  if (lent == 0) return budget;
  lent_.store(0, std::memory_order_relaxed);
  return budget == 0 ? 0 : budget + std::min(lent, kMostLooked) * kTicksPerByte;
}

// False: `ready` says that there is no reason to.
template <typename IsReady>
bool ShmStream::Sleep(const IsReady& ready) {
  PublishConsumed();
  asleep_.store(true, std::memory_order_relaxed);
  own_.sleeping.store(1, std::memory_order_relaxed);
  // Pairs with Write: either the peer sees that we sleep, or we see its bytes.
  FullFence();
  if (!ready()) return true;
  asleep_.store(false, std::memory_order_relaxed);
  own_.sleeping.store(0, std::memory_order_relaxed);
  return false;
}

bool ShmStream::SpinUntilReady(bool out) {
  const auto ready = [&] { return Ready() || (out && BlockedHasRoom()); };
  if (ready()) return true;
  const uint64_t budget = Budget();
  if (budget > 0) {
    if (asleep_.load(std::memory_order_relaxed)) {
      asleep_.store(false, std::memory_order_relaxed);
      own_.sleeping.store(0, std::memory_order_relaxed);
    }
    // Something is likely to come at once; the pause instruction is longer than that.
    for (int i = 0; i < 64; ++i) {
      if (Ready()) {
        spin_.Paid();
        return true;
      }
    }
    PublishConsumed();
    const uint64_t begin = base::Ticks();
    for (uint32_t i = 0; base::Ticks() - begin < budget; ++i) {
      if (ready()) {
        spin_.Paid();
        return true;
      }
      if (i > 32) Pause();
    }
    spin_.Failed();
  }
  return !Sleep(ready);
}

// Whether the writer may go on that found no room.
bool ShmStream::BlockedHasRoom() {
  if (!blocked_.load(std::memory_order_relaxed)) return false;
  return own_.wants_room.load(std::memory_order_relaxed) == 0;
}

// Sleeps until a bell, `kick_fd` (-1: none; taken) or `timeout`. True: it was kicked.
bool ShmStream::Rest(int kick_fd, const timespec* timeout) {
  uint64_t value;
  if (!by_socket() && kick_fd < 0) {
    // One system call. Shutdown and the peer's end ring it too.
    [[maybe_unused]] ssize_t got = read(bells_.own, &value, sizeof(value));
    return false;
  }
  pollfd entries[3] = {
      {bells_.own, POLLIN, 0}, {by_socket() ? socket_->fd() : -1, POLLIN, 0}, {kick_fd, POLLIN, 0}};
  const int ready =
      timeout == nullptr ? base::PollForever(entries, 3) : ppoll(entries, 3, timeout, nullptr);
  if (ready <= 0) return false;
  [[maybe_unused]] ssize_t got = 0;
  if (entries[0].revents != 0) got = read(bells_.own, &value, sizeof(value));
  if (entries[1].revents != 0) DrainSocket();
  if (entries[2].revents == 0) return false;
  got = read(kick_fd, &value, sizeof(value));
  return true;
}

ssize_t ShmStream::ReadWaiting(void* space, size_t size) {
  if (!SpinUntilReady(false)) Rest(-1, nullptr);
  return Read(space, size);
}

short ShmStream::Wait(short events, int kick_fd, const timespec* timeout) {
  const auto state = [&](bool kicked) {
    const bool out = (events & POLLOUT) != 0 && BlockedHasRoom();
    return static_cast<short>((Ready() ? POLLIN : 0) | (out ? POLLOUT : 0) |
                              (kicked ? kKicked : 0));
  };
  if (SpinUntilReady((events & POLLOUT) != 0)) return state(false);
  return state(Rest(kick_fd, timeout));
}

// ---- writing

// A peer on another core had better begin while we go on; on ours it could only interrupt us.
size_t ShmStream::BatchLimit() const {
  const uint32_t peer = peer_.cpu.load(std::memory_order_relaxed);
  const uint32_t own = own_.cpu.load(std::memory_order_relaxed);
  return peer == 0 || peer == own ? ByteStream::BatchLimit() : kEagerBatch;
}

// `write` writes what there is room for, behind the first bytes that it is given the number of.
template <typename WriteRest>
ssize_t ShmStream::WriteAll(size_t total, const WriteRest& write) {
  if (gone_.load(std::memory_order_relaxed) || !region_->ours()) {
    errno = EPIPE;
    return -1;
  }
  if (const uint32_t cpu = ThisCpu(); cpu != cpu_) {
    cpu_ = cpu;
    own_.cpu.store(cpu, std::memory_order_relaxed);
  }
  size_t written = write(0);
  if (written < total && !writer_.broken()) [[unlikely]] {
    blocked_.store(true, std::memory_order_relaxed);
    own_.wants_room.store(1, std::memory_order_relaxed);
    // Pairs with PublishConsumed: either the peer sees that we wait, or we see how far it is.
    FullFence();
    written += write(written);
  }
  if (writer_.broken()) [[unlikely]] {
    // Whoever reads ends the connection: nothing more can be said on it.
    gone_.store(true, std::memory_order_release);
    RingSelf();
    errno = EPROTO;
    return -1;
  }
  if (written == total && blocked_.load(std::memory_order_relaxed)) {
    blocked_.store(false, std::memory_order_relaxed);
    own_.wants_room.store(0, std::memory_order_relaxed);
  }
  // Pairs with Sleep: either the peer sees the bytes, or we see that it sleeps.
  FullFence();
  if (peer_.sleeping.load(std::memory_order_relaxed) != 0 &&
      peer_.sleeping.exchange(0, std::memory_order_relaxed) != 0) {
    RingPeer();
  }
  if (written > 0) {
    writer_.Prepare();
    return static_cast<ssize_t>(written);
  }
  errno = EAGAIN;
  return -1;
}

ssize_t ShmStream::Write(const iovec* pieces, int count) {
  size_t total = 0;
  for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
  return WriteAll(total, [&](size_t skip) { return writer_.Write(pieces, count, skip); });
}

ssize_t ShmStream::WriteOne(const void* data, size_t size) {
  return WriteAll(size, [&](size_t skip) {
    return writer_.WriteOne(static_cast<const uint8_t*>(data) + skip, size - skip);
  });
}

void ShmStream::Shutdown() {
  gone_.store(true, std::memory_order_release);
  RingSelf();
  socket_->Shutdown();
}

// ---- the reactor

bool ShmStream::Register(base::Reactor& reactor, base::Source* source, uint32_t events) {
  // A server's connection is there already, by its socket.
  if (!reactor.Add(source, socket_->fd(), kWatchPeer)) {
    if (errno != EEXIST) return false;
    reactor.Modify(source, socket_->fd(), kWatchPeer);
  }
  if (!reactor.Add(source, bells_.own, EPOLLET)) return false;
  Watch(reactor, source, events);
  return true;
}

void ShmStream::Watch(base::Reactor& reactor, base::Source* source, uint32_t events) {
  const bool in = (events & EPOLLIN) != 0;
  watched_.store(in, std::memory_order_relaxed);
  // One bell for both directions.
  const uint32_t wanted = events != 0 ? EPOLLIN : 0u;
  reactor.Modify(source, bells_.own, wanted | EPOLLET);
  if (by_socket()) reactor.Modify(source, socket_->fd(), wanted | kWatchPeer);
  // Whoever is told from now on looks first: there may be bytes or room of which nobody was told.
  if (events != 0) RingSelf();
}

void ShmStream::Unregister(base::Reactor& reactor, base::Source* source) {
  reactor.Forget(bells_.own);
  reactor.Remove(source, socket_->fd());
}

uint32_t ShmStream::Translate(uint32_t events) {
  if ((events & base::Source::kPolled) != 0) {
    spin_.Paid();
    return EPOLLIN | EPOLLOUT;
  }
  // The bell of a connection by eventfds is watched for edges, and need not be emptied.
  if (by_socket() && (events & EPOLLIN) != 0) {
    DrainSocket();
    if (!watched_.load(std::memory_order_relaxed)) RingSelf();  // it was a thread's that reads
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    gone_.store(true, std::memory_order_release);
    RingSelf();  // a thread may read, and sleep
  }
  return EPOLLIN | EPOLLOUT;
}

bool ShmStream::Poll() {
  return (watched_.load(std::memory_order_relaxed) && Ready()) || BlockedHasRoom();
}

int64_t ShmStream::PollTicks() {
  const uint64_t budget = Budget();
  budget_.store(budget, std::memory_order_relaxed);
  return static_cast<int64_t>(budget);
}

bool ShmStream::StopPolling() {
  if (budget_.load(std::memory_order_relaxed) > 0) spin_.Failed();
  return Sleep([this] { return Poll(); });
}

// ---- lending

base::Buffer* ShmStream::TakeBuffer(size_t size) { return lender_->TakeBuffer(size); }

size_t ShmStream::Lend(const uint8_t* head, std::string_view sections, std::string_view payload,
                       base::Buffer* buffer, uint8_t* ticket) {
  Ticket where;
  const std::string_view header(reinterpret_cast<const char*>(head), call::kFrameHeaderSize);
  call::FrameHeader frame;
  frame.type = call::FrameType::kLent;
  frame.body_size = sizeof(where);
  if (sections.empty() && HandBack(region_, buffer, payload, &where)) {
    frame.body_size += header.size();
  } else if (lender_->Lend(header, sections, payload, buffer, &where)) {
    lent_.store(where.size, std::memory_order_relaxed);
  } else {
    return 0;
  }
  static_assert(sizeof(frame) + sizeof(where) + call::kFrameHeaderSize == kTicketSize);
  memcpy(ticket, &frame, sizeof(frame));
  memcpy(ticket + sizeof(frame), &where, sizeof(where));
  memcpy(ticket + sizeof(frame) + sizeof(where), head, call::kFrameHeaderSize);
  return sizeof(frame) + frame.body_size;
}

base::Buffer* ShmStream::Borrow(std::string_view ticket, call::FrameHeader* header,
                                std::string_view* body) {
  Ticket where;
  const bool back = ticket.size() == sizeof(where) + call::kFrameHeaderSize;
  if (!back && ticket.size() != sizeof(where)) return nullptr;
  memcpy(&where, ticket.data(), sizeof(where));
  base::Buffer* buffer;
  if (back) {
    // A stranger copies what we lend, and so has nothing to hand back.
    if (!same_user_ || (buffer = lender_->TakeBack(where)) == nullptr) return nullptr;
    *header =
        call::ReadFrameHeader(reinterpret_cast<const uint8_t*>(ticket.data()) + sizeof(where));
    *body = {reinterpret_cast<const char*>(buffer->data()), buffer->size};
    return buffer;
  }
  buffer = BorrowFrame(region_, Other(role_), where, !same_user_);
  if (buffer == nullptr) return nullptr;
  // Copied before it is checked: the peer may still write there.
  *header = call::ReadFrameHeader(buffer->data());
  *body = {reinterpret_cast<const char*>(buffer->data()) + call::kFrameHeaderSize,
           static_cast<size_t>(where.size) - call::kFrameHeaderSize};
  return buffer;
}

}  // namespace polycall::transport::shm
