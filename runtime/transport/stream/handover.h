// Handing a connection over to whoever speaks its protocol: gRPC, TLS, HTTP/1.1.
//
// To take connections of a protocol:
//   1. a beginning in first_bytes.cc, and a case in HandOver (handover.cc);
//   2. a class that is Accepted, enrolled with the listener, so that it is drained, swept and closed with
//      the listener's others;
//   3. calls through Acceptor::NewCall and Dispatch with a call::Link of its own.
#ifndef POLYCALL_TRANSPORT_STREAM_HANDOVER_H_
#define POLYCALL_TRANSPORT_STREAM_HANDOVER_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "transport/stream/byte_stream.h"
#include "transport/stream/first_bytes.h"
#include "transport/transport.h"

namespace polycall::transport {

// A connection that came in through a listener, whatever it speaks. Thread-safe.
class Accepted {
 public:
  // "tcp", "unix", "shm", "tls", "grpc", "http": what it speaks now. Static storage.
  virtual const char* spoken() const = 0;
  // No new calls; it ends with its last one.
  virtual void Drain() = 0;
  // Ends it and its calls. Idempotent.
  virtual void Close(const base::Status& why) = 0;
  // Now and then, for limits that are not exact; `now` in nanoseconds.
  virtual void Sweep(int64_t now) = 0;
  // One reference more, one less.
  virtual void Hold() = 0;
  virtual void LetGo() = 0;

 protected:
  ~Accepted() = default;
};

// The listener of a connection. Thread-safe; outlives its connections.
class Home {
 public:
  // Takes a reference. False: the listener closes everything, so close this one too. Who enrols while the
  // acceptor drains already hears nothing of it: ask Acceptor::draining() after this.
  virtual bool Enrol(Accepted* connection) = 0;
  // Drops the reference, if it was enrolled.
  virtual void Forget(Accepted* connection) = 0;
  // A connection whose module has threads of its own enters before they know of it and leaves when they
  // are out of the server's code for good: the listener, and so the server, does not go before that.
  virtual void Enter() = 0;
  virtual void Leave() = 0;

 protected:
  ~Home() = default;
};

// What is handed over, and the taker's from then on. It has been admitted: when it has ended, the taker calls
// Acceptor::ConnectionClosed() once. Of a socket not a byte was taken: they were peeked at.
struct Handover {
  std::unique_ptr<ByteStream> stream;  // registered with no reactor. Detach() gives its descriptor
  PeerInfo peer;                       // its transport is what the listener speaks, or "tls"
  Acceptor* acceptor = nullptr;
  Home* home = nullptr;
  int64_t deadline = 0;  // until when the peer must have said what it wants (handshake_timeout)
};

// Gives `connection` to whoever speaks `protocol`, or refuses it in that protocol's words. Called by the
// leader of the acceptor's reactor; may take a while (a module is loaded), and the leadership with it.
void HandOver(Protocol protocol, Handover connection);

// Ends a connection that nobody takes: counts and logs `why`, sends `farewell` (may be empty).
void Refuse(Handover connection, std::string_view why, std::string_view farewell);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_HANDOVER_H_
