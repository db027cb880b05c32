// GrpcPump: carries bytes between a stream that is more than a socket (TLS) and gRPC, which wants a
// descriptor of its own: one end of a pair of sockets.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_PUMP_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_PUMP_H_

#include <memory>
#include <vector>

#include "base/mutex.h"
#include "base/reactor.h"
#include "base/ref.h"
#include "transport/stream/byte_stream.h"

namespace polycall::transport {

// Thread-safe. Runs on a reactor until one of its ends has ended, then closes the other.
class GrpcPump final : public base::RefCounted<GrpcPump> {
 public:
  // `fd` receives gRPC's end. NULL: no descriptors are left.
  static base::Ref<GrpcPump> Make(std::unique_ptr<ByteStream> stream, base::Reactor& reactor,
                                  int* fd);
  // Begins. False: the reactor takes no more.
  bool Open();
  // Carries over what is there and ends both ways. Idempotent.
  void End();
  void Destroy() { delete this; }

 private:
  static constexpr size_t kSpace = 64 * 1024;

  // One of the two descriptors, for the reactor.
  struct Side final : base::Source {
    GrpcPump* pump = nullptr;
    bool is_stream = false;
    uint32_t interest = 0;
    bool registered = false;
    void OnReady(uint32_t events) override { pump->OnReady(*this, events); }
    void ReleaseSource() override { pump->Release(); }
  };
  // What is under way in one direction.
  struct Way {
    std::vector<char> space = std::vector<char>(kSpace);
    size_t begin = 0;
    size_t end = 0;
    bool blocked = false;  // the receiver takes nothing now
    bool over = false;     // the sender has ended
    bool empty() const { return begin == end; }
  };

  GrpcPump(std::unique_ptr<ByteStream> stream, base::Reactor& reactor, int socket);
  ~GrpcPump();
  void OnReady(Side& side, uint32_t events);
  // Moves what can be moved. False: one end broke.
  bool Move() REQUIRES(mutex_);
  bool MoveIn() REQUIRES(mutex_);
  bool MoveOut() REQUIRES(mutex_);
  bool Finished() const REQUIRES(mutex_);
  void Watch() REQUIRES(mutex_);
  void EndLocked() REQUIRES(mutex_);

  base::Reactor& reactor_;
  base::Mutex mutex_;
  const std::unique_ptr<ByteStream> stream_;
  const int socket_;
  bool ended_ GUARDED_BY(mutex_) = false;
  Way in_ GUARDED_BY(mutex_);   // to gRPC
  Way out_ GUARDED_BY(mutex_);  // from gRPC
  Side stream_side_;
  Side socket_side_;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_PUMP_H_
