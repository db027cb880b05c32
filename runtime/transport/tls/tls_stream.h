// TlsStream: a TLS session as what a connection reads and writes.
#ifndef POLYCALL_TRANSPORT_TLS_TLS_STREAM_H_
#define POLYCALL_TRANSPORT_TLS_TLS_STREAM_H_

#include <atomic>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "transport/stream/byte_stream.h"
#include "transport/tls/tls.h"

namespace polycall::transport::tls {

// See ByteStream.
class TlsStream final : public ByteStream {
 public:
  // `socket` is the one under `session`, whose handshake is done.
  TlsStream(std::unique_ptr<ByteStream> socket, std::unique_ptr<Session> session)
      : socket_(std::move(socket)), session_(std::move(session)), blocking_(false) {}
  // The same; `blocking`: the socket is a blocking one.
  TlsStream(std::unique_ptr<ByteStream> socket, std::unique_ptr<Session> session, bool blocking)
      : socket_(std::move(socket)), session_(std::move(session)), blocking_(blocking) {}

  ssize_t Read(void* space, size_t size) override;
  ssize_t ReadWaiting(void* space, size_t size) override;
  ssize_t Write(const iovec* pieces, int count) override { return session_->Write(pieces, count); }
  bool HasBuffered() const override { return has_peeked_ || session_->HasBuffered(); }
  ssize_t Peek(void* space, size_t size) override;
  base::Status failure() const override { return session_->failure(); }
  void Shutdown() override { socket_->Shutdown(); }
  int fd() const override { return socket_->fd(); }
  bool Register(base::Reactor& reactor, base::Source* source, uint32_t events) override;
  void Watch(base::Reactor& reactor, base::Source* source, uint32_t events) override;
  uint32_t Translate(uint32_t events) override;
  // The last of our side; only while nobody writes.
  void Goodbye() { session_->Goodbye(); }

 private:
  uint32_t WithNudge(base::Reactor& reactor, base::Source* source, uint32_t events)
      REQUIRES(mutex_);
  void StopNudging();

  const std::unique_ptr<ByteStream> socket_;
  const std::unique_ptr<Session> session_;
  const bool blocking_;
  std::string peeked_;  // the reader's
  std::atomic<bool> has_peeked_{false};
  // Set while the reactor is to call for bytes of which the socket does not tell: it is asked to call
  // when the socket takes bytes, which is at once.
  std::atomic<bool> nudging_{false};  // changed under mutex_
  base::Mutex mutex_;
  base::Reactor* reactor_ GUARDED_BY(mutex_) = nullptr;
  base::Source* source_ GUARDED_BY(mutex_) = nullptr;
  uint32_t wanted_ GUARDED_BY(mutex_) = 0;
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_TLS_STREAM_H_
