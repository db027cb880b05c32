// TLS as the core sees it: what libpolycall_tls.so, the module over OpenSSL, implements. Nothing but
// virtual functions crosses, so that the core links no OpenSSL.
#ifndef POLYCALL_TRANSPORT_TLS_TLS_H_
#define POLYCALL_TRANSPORT_TLS_TLS_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "call/identity.h"
#include "transport/transport.h"

namespace polycall::transport::tls {

// What a session's handshake waits for.
enum class Step : uint8_t { kDone, kRead, kWrite, kFailed };

// One connection's TLS over a socket that it does not own. The handshake is one thread's at a time; after
// it one thread reads and one writes, both at once if they like. Nothing blocks but Read when told so.
class Session {
 public:
  virtual ~Session() = default;

  // Goes on with the handshake. kFailed: failure() says why, and the peer was told.
  virtual Step Handshake() = 0;
  // Why the handshake failed, or what a Read that failed with EPROTO met.
  virtual const base::Status& failure() const = 0;

  // After the handshake: as recv and sendmsg. A read that returns less than `size` has left nothing
  // behind. `wait`: on a blocking socket, waits while there is nothing. A write that says EAGAIN has to be
  // tried again with the same bytes first, and may have taken them already.
  virtual ssize_t Read(void* space, size_t size, bool wait) = 0;
  virtual ssize_t Write(const iovec* pieces, int count) = 0;
  // Bytes are there to read of which the descriptor will not tell.
  virtual bool HasBuffered() const = 0;
  // Tells the peer that nothing follows, if the socket takes it at once. Not beside a Write.
  virtual void Goodbye() = 0;

  // After the handshake. The protocol that was agreed on by ALPN; empty: none was offered.
  virtual std::string_view protocol() const = 0;
  virtual const char* version() const = 0;  // "TLSv1.3"
  // Who the peer is, by a certificate that was verified; NULL: it gave none.
  virtual std::shared_ptr<const call::Identity> identity() const = 0;
};

// What all connections of one set of options share. Its files are looked at again for each new session:
// what changed is taken over, what does not load is logged and the old kept. Thread-safe.
class Context {
 public:
  virtual ~Context() = default;
  // `host` is the one that the target names, `peer` the target itself, for messages, `protocol` what is
  // offered by ALPN: "polycall", "h2". FAILED_PRECONDITION if the files were never right.
  virtual base::Status Connect(int fd, std::string_view host, std::string_view peer,
                               std::string_view protocol, std::unique_ptr<Session>* out) = 0;
  virtual base::Status Accept(int fd, std::string_view peer, std::unique_ptr<Session>* out) = 0;
};

// libpolycall_tls.so's entry.
class Module {
 public:
  using LogFn = void (*)(polycall_log_level level, std::string_view text);
  // A server's context loads its files at once: not OK says what is wrong with them. A client's loads
  // them when it connects first.
  virtual base::Status NewContext(const TlsOptions& options, bool server, LogFn log,
                                  std::unique_ptr<Context>* out) const = 0;

 protected:
  ~Module() = default;
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_TLS_H_
