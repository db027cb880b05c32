// ByteStream: what a connection of the native protocol reads and writes: a socket, TLS over one, or a
// pair of rings in shared memory.
//
// To add one: implement the contract below, make it in the transport's Dial or on the server's side
// where the first bytes are known (ServerConnection::ReplaceStream), give it to the connection. All
// frames, calls and limits stay as they are.
#ifndef POLYCALL_TRANSPORT_STREAM_BYTE_STREAM_H_
#define POLYCALL_TRANSPORT_STREAM_BYTE_STREAM_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "base/reactor.h"
#include "base/spin_budget.h"
#include "base/status.h"
#include "call/frame.h"

namespace polycall::transport {

// One thread at a time reads, one at a time writes, both at once; Shutdown from any thread. Nothing
// blocks but ReadWaiting and Wait.
class ByteStream : public base::BufferSource {
 public:
  static constexpr short kKicked = 0x4000;  // in Wait's answer, beside poll's bits
  // The most bytes of a frame that says where a large one lies.
  static constexpr size_t kTicketSize = 48;

  virtual ~ByteStream() = default;

  // As recv and sendmsg of a non-blocking socket: bytes, 0 for the end, -1 with errno (EAGAIN:
  // nothing there, or no room). A read that returns less than `size` leaves nothing behind unless
  // HasBuffered says otherwise; a write that takes less than all met the end of the room.
  virtual ssize_t Read(void* space, size_t size) = 0;
  virtual ssize_t Write(const iovec* pieces, int count) = 0;
  virtual ssize_t WriteOne(const void* data, size_t size);
  // As Read, but waits while there is nothing. Shutdown ends the wait; so may EINTR or EAGAIN.
  virtual ssize_t ReadWaiting(void* space, size_t size);
  // Waits for `events` (poll's), for `kick_fd` to become readable (taken; kKicked), or until
  // `timeout` (NULL: for ever). 0 or less: try again.
  virtual short Wait(short events, int kick_fd, const timespec* timeout);
  // Bytes can be read that no event will tell of: read on before waiting.
  virtual bool HasBuffered() const { return false; }
  // Frames that may wait for more leave when there are so many bytes of them.
  virtual size_t BatchLimit() const { return 64 * 1024; }
  // Looks at the first bytes without taking them, as Read. What cannot (ENOTSUP) is known to be native.
  virtual ssize_t Peek(void* space, size_t size);
  // Gives the socket away, whole, to who wants to own it: -1 if this is more than a socket.
  virtual int Detach() { return -1; }
  // What a read or write that failed has met, if there is more to say than errno does; else OK.
  virtual base::Status failure() const { return {}; }
  // Both directions end, for us and for the peer; what was written is still delivered.
  virtual void Shutdown() = 0;

  // The descriptor under it, for what sockets know of their peers. Not for reading or writing.
  virtual int fd() const = 0;
  // The reactor's part: `events` are epoll's (EPOLLIN: call OnReady when Read would not say EAGAIN;
  // EPOLLOUT: Write). What wants the other direction after an EAGAIN adds it itself.
  virtual bool Register(base::Reactor& reactor, base::Source* source, uint32_t events);
  virtual void Watch(base::Reactor& reactor, base::Source* source, uint32_t events);
  virtual void Unregister(base::Reactor& reactor, base::Source* source);
  // A read that returns less than it was asked for leaves nothing behind, and what comes later is a new
  // edge of its own: the reactor need not look at it again before each wait (EPOLLET).
  virtual bool edges() const { return false; }
  // What OnReady's `events` (not 0) mean for the connection. By whoever was told.
  virtual uint32_t Translate(uint32_t events) { return events; }

  // ---- the leader may look for a while before it sleeps: a stream in memory tells at once.
  // For how many ticks (base::Ticks) to look now; less than 0: never. By the holder of the reader's
  // role, as StopPolling.
  virtual int64_t PollTicks() { return -1; }
  // Something is to be done. By any thread.
  virtual bool Poll() { return false; }
  // The leader stops looking; events tell from now on. False: something came.
  virtual bool StopPolling() { return true; }

  // ---- large frames that need not be copied through the bytes. Sockets do nothing of this.
  // (From BufferSource: TakeBuffer, a buffer that Lend need not copy.)
  // Puts a frame where the peer can read it, and the small frame that says where into `ticket`; gives
  // that one's size. `buffer` (may be NULL) is where the payload lies. 0: send it as bytes.
  virtual size_t Lend(const uint8_t* /*head*/, std::string_view /*sections*/,
                      std::string_view /*payload*/, base::Buffer* /*buffer*/, uint8_t* /*ticket*/) {
    return 0;
  }
  // The frame that such a ticket (its body) names: a copy of its header, its body, and the buffer in which
  // that lies, with a reference for the caller. NULL: it names nothing that there is, which is a protocol
  // error.
  virtual base::Buffer* Borrow(std::string_view /*ticket*/, call::FrameHeader* /*header*/,
                               std::string_view* /*body*/) {
    return nullptr;
  }

 protected:
  // Reads as soon as there is something, for as long as looking may pay. False: nothing came, sleep.
  bool ReadLooking(void* space, size_t size, ssize_t* got);

 private:
  base::SpinBudget spin_;  // the reader's
};

// A connected socket. Owns it.
class SocketStream final : public ByteStream {
 public:
  // `blocking`: ReadWaiting waits inside recv, which is 1 to 3 us faster than poll; nothing else
  // ever waits.
  SocketStream(int fd, bool blocking);
  ~SocketStream() override;

  ssize_t Read(void* space, size_t size) override;
  ssize_t Write(const iovec* pieces, int count) override;
  ssize_t WriteOne(const void* data, size_t size) override;
  ssize_t ReadWaiting(void* space, size_t size) override;
  ssize_t Peek(void* space, size_t size) override;
  int Detach() override;
  void Shutdown() override;
  int fd() const override { return fd_; }
  bool edges() const override { return true; }
  bool gathers() const override { return true; }

 private:
  int fd_;
  const bool blocking_;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_BYTE_STREAM_H_
