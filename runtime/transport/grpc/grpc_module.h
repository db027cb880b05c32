// What the core and the gRPC module (libpolycall_grpc.so) say to each other: pure virtual classes, so
// that neither needs a symbol of the other. The module knows gRPC and nothing of calls; the core knows
// calls and nothing of gRPC.
#ifndef POLYCALL_TRANSPORT_GRPC_GRPC_MODULE_H_
#define POLYCALL_TRANSPORT_GRPC_GRPC_MODULE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::transport {

// One key and value of metadata; values of "-bin" keys are bytes. Valid during the function that it is
// handed to.
struct GrpcEntry {
  std::string_view key;
  std::string_view value;
};
using GrpcEntries = std::vector<GrpcEntry>;

// A message to send: copied, unless it has an owner, who is released when it has left.
struct GrpcBytes {
  std::string_view bytes;
  void* owner = nullptr;
  void (*release)(void* owner) = nullptr;
};

// A message that came, in pieces. Valid during the function that it is handed to.
struct GrpcMessage {
  const std::string_view* pieces;
  size_t count;
  size_t size;
};

struct GrpcStatus {
  int32_t code = 0;
  std::string_view message = {};
  std::string_view details = {};  // grpc-status-details-bin
};

// What a stream tells. On the module's threads, with no lock of its own held; OnInitialMetadata,
// OnMessage, OnReadEnd and OnEnd one after the other, the others beside them.
class GrpcStreamEvents {
 public:
  virtual void OnInitialMetadata(const GrpcEntries& metadata) = 0;  // caller
  virtual void OnMessage(const GrpcMessage& message) = 0;           // answers a Read
  // Answers a Read: no more come. `error` is OK, or what was wrong with the message.
  virtual void OnReadEnd(const GrpcStatus& error) = 0;
  // A message of so many bytes has left; room for another.
  virtual void OnWritten(size_t size) = 0;
  // Caller: the last but Drop. `sent` is false if not even the headers left.
  virtual void OnEnd(const GrpcStatus& status, const GrpcEntries& trailing, bool sent) = 0;
  virtual void OnOpen() = 0;       // handler: the stream may be used from now on
  virtual void OnCancelled() = 0;  // handler: the caller is gone
  virtual void Drop() = 0;         // the stream's reference to this

 protected:
  ~GrpcStreamEvents() = default;
};

// One call. Thread-safe. Lives until Drop, which its holder calls once.
class GrpcStream {
 public:
  // Asks for one more message. One at a time.
  virtual void Read() = 0;
  // In order. `more`: others follow at once. `end` (caller): the half-close goes with it.
  virtual void Write(const GrpcBytes& message, bool more, bool end) = 0;
  virtual void HalfClose() = 0;                                      // caller
  virtual void Cancel() = 0;                                         // caller; OnEnd follows
  virtual void SendInitialMetadata(const GrpcEntries& entries) = 0;  // handler
  // Handler: behind what was written. `response` may be NULL.
  virtual void Finish(const GrpcStatus& status, const GrpcEntries& trailing,
                      const GrpcBytes* response) = 0;
  virtual void Drop() = 0;

 protected:
  ~GrpcStream() = default;
};

struct GrpcLimits {
  uint64_t max_message_size;
  uint32_t max_metadata_size;
  uint32_t max_calls;
  uint32_t call_window;
  int64_t idle_timeout_ns;        // 0: none
  int64_t keepalive_interval_ns;  // 0: none
  int64_t keepalive_timeout_ns;
};

// What a caller starts with.
struct GrpcStart {
  std::string_view path;    // "/calc.v1.Calc/Add"
  int64_t timeout_ns = -1;  // negative: none
  GrpcEntries metadata = {};
  const GrpcBytes* first = nullptr;
  bool end = false;  // the half-close goes with it
  // One response: it is read without Read, and initial metadata may come with it.
  bool unary = false;
};

// A blocking unary call's outcome.
class GrpcUnaryEvents {
 public:
  virtual void OnMessage(const GrpcMessage& message) = 0;
  virtual void OnEnd(const GrpcStatus& status, const GrpcEntries& trailing, bool sent) = 0;

 protected:
  ~GrpcUnaryEvents() = default;
};

// The caller's end of one HTTP/2 connection. Thread-safe.
class GrpcChannel {
 public:
  // Its calls live on.
  virtual ~GrpcChannel() = default;
  // The stream takes over a reference to `events`.
  virtual GrpcStream* Start(const GrpcStart& start, GrpcStreamEvents* events) = 0;
  // [blocks] until the call has ended; this thread reads for it.
  virtual void Unary(const GrpcStart& start, GrpcUnaryEvents* events) = 0;
};

// What a connection that came in tells. On the module's threads.
class GrpcServerEvents {
 public:
  // A call of `path`. `timeout_ns` as in GrpcStart. Returns the events (with a reference for the
  // stream), whose OnOpen comes next. The holder of `stream` drops it.
  virtual GrpcStreamEvents* OnCall(GrpcStream* stream, std::string_view path, int64_t timeout_ns,
                                   const GrpcEntries& metadata) = 0;
  // The last: the connection and its calls are gone.
  virtual void OnGone() = 0;

 protected:
  ~GrpcServerEvents() = default;
};

// The handler's end of one HTTP/2 connection. Thread-safe. Lives until Drop, at least until OnGone.
class GrpcServer {
 public:
  // Sends GOAWAY; calls under way go on. OnGone comes when they have ended.
  virtual void Drain() = 0;
  // Cuts the connection. OnGone comes when every call has been finished.
  virtual void Close() = 0;
  virtual void Drop() = 0;

 protected:
  ~GrpcServer() = default;
};

class GrpcModule {
 public:
  // Over a connected non-blocking socket, which it owns then. `authority` is what HTTP/2 calls so.
  virtual std::unique_ptr<GrpcChannel> NewChannel(int fd, const std::string& authority,
                                                  const std::string& user_agent,
                                                  const GrpcLimits& limits) = 0;
  // The same for one that came in, whose first bytes are still to be read.
  virtual GrpcServer* NewServer(int fd, const GrpcLimits& limits, GrpcServerEvents* events) = 0;
  // This thread, if it is one of the module's, is going to be busy: another takes over reading.
  virtual void YieldThread() = 0;

 protected:
  ~GrpcModule() = default;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_GRPC_MODULE_H_
