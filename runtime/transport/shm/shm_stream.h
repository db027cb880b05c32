// ShmStream: a ByteStream through the rings of a Region.
//
// The unix socket on which the ends met stays: it tells when the peer is gone. Where both ends have
// one uid they wake each other by eventfds; otherwise by a byte on the socket, because a write to an
// eventfd whose other end fills it would block.
#ifndef POLYCALL_TRANSPORT_SHM_SHM_STREAM_H_
#define POLYCALL_TRANSPORT_SHM_SHM_STREAM_H_

#include <atomic>
#include <memory>

#include "transport/shm/arena.h"
#include "transport/shm/region.h"
#include "transport/shm/ring.h"
#include "transport/shm/spin.h"
#include "transport/stream/byte_stream.h"

namespace polycall::transport::shm {

// Eventfds, owned.
struct Bells {
  int own = -1;   // wakes us; the peer has it too, unless `peer` is -1
  int peer = -1;  // wakes the peer; -1: a byte on the socket does, in both directions
};

// As ByteStream says.
class ShmStream final : public ByteStream {
 public:
  // `same_user`: messages of the peer may be read in place. Takes the descriptors.
  ShmStream(std::unique_ptr<ByteStream> socket, base::Ref<Region> region, Role role, Bells bells,
            bool same_user);
  ~ShmStream() override;

  ssize_t Read(void* space, size_t size) override;
  ssize_t Write(const iovec* pieces, int count) override;
  ssize_t WriteOne(const void* data, size_t size) override;
  ssize_t ReadWaiting(void* space, size_t size) override;
  short Wait(short events, int kick_fd, const timespec* timeout) override;
  size_t BatchLimit() const override;
  void Shutdown() override;
  int fd() const override { return socket_->fd(); }
  bool Register(base::Reactor& reactor, base::Source* source, uint32_t events) override;
  void Watch(base::Reactor& reactor, base::Source* source, uint32_t events) override;
  void Unregister(base::Reactor& reactor, base::Source* source) override;
  uint32_t Translate(uint32_t events) override;
  bool Poll() override;
  bool StopPolling() override;
  int64_t PollTicks() override;

  base::Buffer* TakeBuffer(size_t size) override;
  size_t Lend(const uint8_t* head, std::string_view sections, std::string_view payload,
              base::Buffer* buffer, uint8_t* ticket) override;
  base::Buffer* Borrow(std::string_view ticket, call::FrameHeader* header,
                       std::string_view* body) override;

 private:
  bool by_socket() const { return bells_.peer < 0; }
  template <typename WriteRest>
  ssize_t WriteAll(size_t total, const WriteRest& write);
  void RingPeer();
  void RingSelf();
  void DrainSocket();
  void PublishConsumed();
  bool BlockedHasRoom();
  bool Ready() { return reader_.HasBytes() || gone_.load(std::memory_order_acquire); }
  uint64_t Budget();
  bool SpinUntilReady(bool out);
  template <typename IsReady>
  bool Sleep(const IsReady& ready);
  bool Rest(int kick_fd, const timespec* timeout);

  const std::unique_ptr<ByteStream> socket_;
  const base::Ref<Region> region_;
  const Role role_;
  const Bells bells_;
  const bool same_user_;
  Side& own_;
  Side& peer_;
  const base::Ref<Lender> lender_;

  // The reader's.
  alignas(kLine) RingReader reader_;
  SpinBudget spin_;
  std::atomic<bool> asleep_{true};    // own_.sleeping may be set
  std::atomic<bool> watched_{false};  // the reactor is to tell of bytes
  std::atomic<uint64_t> budget_{0};   // for which the leader polls us
  std::atomic<bool> gone_{false};     // the peer is, or Shutdown was called

  // The writer's.
  alignas(kLine) RingWriter writer_;
  std::atomic<bool> blocked_{false};
  uint32_t cpu_ = 0;               // what own_.cpu says
  std::atomic<uint64_t> lent_{0};  // the bytes of the last frame lent since the reader waited
};

}  // namespace polycall::transport::shm

#endif  // POLYCALL_TRANSPORT_SHM_SHM_STREAM_H_
