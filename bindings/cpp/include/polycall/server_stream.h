// ServerReader, ServerWriter, ServerStream: the handler's ends of the streaming kinds.
// stream_sides.h has what reading and writing look like.
#ifndef POLYCALL_SERVER_STREAM_H_
#define POLYCALL_SERVER_STREAM_H_

#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/stream_sides.h>

namespace polycall {

// A read answers false after the caller's last message, and when the call was cancelled
// (ServerContext::IsCancelled tells them apart). A write answers false when the caller is gone.
// They belong to the handler's glue and live as long as the handler works on the call.

// Client streaming: reads requests.
template <typename Request>
class ServerReader : public internal::ReadSide<ServerReader<Request>, Request> {
 public:
  explicit ServerReader(polycall_call* call) : call_(call) {}
  ServerReader(const ServerReader&) = delete;
  ServerReader& operator=(const ServerReader&) = delete;

  polycall_call* get() const { return call_; }

 private:
  polycall_call* const call_;
};

// Server streaming: writes responses.
template <typename Response>
class ServerWriter : public internal::WriteSide<ServerWriter<Response>, Response> {
 public:
  ServerWriter(polycall_call* call, const polycall_message_type* type) : call_(call), type_(type) {}
  ServerWriter(const ServerWriter&) = delete;
  ServerWriter& operator=(const ServerWriter&) = delete;

  polycall_call* get() const { return call_; }
  const polycall_message_type* write_type() const { return type_; }

 private:
  polycall_call* const call_;
  const polycall_message_type* const type_;
};

// Bidirectional streaming: both.
template <typename Request, typename Response>
class ServerStream : public internal::ReadSide<ServerStream<Request, Response>, Request>,
                     public internal::WriteSide<ServerStream<Request, Response>, Response> {
 public:
  ServerStream(polycall_call* call, const polycall_message_type* type) : call_(call), type_(type) {}
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  polycall_call* get() const { return call_; }
  const polycall_message_type* write_type() const { return type_; }

 private:
  polycall_call* const call_;
  const polycall_message_type* const type_;
};

}  // namespace polycall

#endif  // POLYCALL_SERVER_STREAM_H_
