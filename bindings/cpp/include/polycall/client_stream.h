// Reader, Writer, Stream: the caller's ends of server streaming, client streaming and bidirectional
// calls. stream_sides.h has what reading and writing look like.
#ifndef POLYCALL_CLIENT_STREAM_H_
#define POLYCALL_CLIENT_STREAM_H_

#include <polycall/call_options.h>
#include <polycall/channel.h>
#include <polycall/client_call.h>
#include <polycall/message.h>
#include <polycall/metadata.h>
#include <polycall/polycall.h>
#include <polycall/status.h>
#include <polycall/status_or.h>
#include <polycall/stream_sides.h>
#include <polycall/task.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace polycall {

// Server streaming.
template <typename Response>
class [[nodiscard]] Reader : public internal::ClientCall,
                             public internal::ReadSide<Reader<Response>, Response> {
 public:
  using internal::ClientCall::ClientCall;

  // How the call ended. Blocks until it has; what was not read is dropped.
  Status Finish(Metadata* trailing = nullptr) { return Wait(trailing); }

  // `callback(Status)` runs once, when the call has ended and all messages were read.
  template <typename Callback>
  void FinishAsync(Callback&& callback, Metadata* trailing = nullptr) {
    WaitAsync(std::forward<Callback>(callback), trailing);
  }

  // `Status status = co_await reader.FinishAwait();` after the last message was read.
  EndAwaiter FinishAwait(Metadata* trailing = nullptr) { return EndAwaiter(get(), trailing); }
};

// Client streaming.
template <typename Request, typename Response>
class [[nodiscard]] Writer : public internal::ClientCall,
                             public internal::WriteSide<Writer<Request, Response>, Request> {
 public:
  Writer(std::shared_ptr<Channel> channel, const polycall_method* method,
         const polycall_message_type* request_type, const polycall_message_type* response_type,
         const CallOptions& options)
      : ClientCall(std::move(channel), method, response_type, options), write_type_(request_type) {}

  // Says that no more requests follow, and blocks until the response is there.
  StatusOr<Response> Finish(Metadata* trailing = nullptr) {
    polycall_call_half_close(get());
    Outcome outcome;
    polycall_message raw = POLYCALL_MESSAGE_INIT;
    if (polycall_call_receive(get(), &raw) != 0) outcome.Received(get(), &raw);
    return outcome.With(Wait(trailing));
  }

  // `callback(StatusOr<Response>)` runs once.
  template <typename Callback>
  void FinishAsync(Callback&& callback, Metadata* trailing = nullptr) {
    Start([](Writer* self, std::decay_t<Callback> done, Metadata* metadata) -> Task<void> {
      done(co_await self->FinishAwait(metadata));
    }(this, std::forward<Callback>(callback), trailing));
  }

  // `StatusOr<Response> response = co_await writer.FinishAwait();`
  Task<StatusOr<Response>> FinishAwait(Metadata* trailing = nullptr) {
    polycall_call_half_close(get());
    Outcome outcome;
    outcome.response = co_await ResponseSide(get()).ReadAwait();
    co_return outcome.With(co_await EndAwaiter(get(), trailing));
  }

  const polycall_message_type* write_type() const { return write_type_; }

 private:
  // The one response, read as a stream of at most one message.
  struct ResponseSide : internal::ReadSide<ResponseSide, Response> {
    explicit ResponseSide(polycall_call* c) : call(c) {}
    polycall_call* get() const { return call; }
    polycall_call* call;
  };

  struct Outcome {
    void Received(polycall_call* call, polycall_message* raw) {
      if (!internal::TakeReceived(call, raw, &response.emplace())) response.reset();
    }
    StatusOr<Response> With(Status status) {
      if (!status.ok()) return status;
      if (!response.has_value()) return InternalError("the call ended OK without a response");
      return *std::move(response);
    }
    std::optional<Response> response;
  };

  const polycall_message_type* write_type_;
};

// Bidirectional streaming.
template <typename Request, typename Response>
class [[nodiscard]] Stream : public internal::ClientCall,
                             public internal::ReadSide<Stream<Request, Response>, Response>,
                             public internal::WriteSide<Stream<Request, Response>, Request> {
 public:
  Stream(std::shared_ptr<Channel> channel, const polycall_method* method,
         const polycall_message_type* request_type, const polycall_message_type* response_type,
         const CallOptions& options)
      : ClientCall(std::move(channel), method, response_type, options), write_type_(request_type) {}

  // Says that no more requests follow. Part of the writing side: not while a write is pending.
  void WritesDone() { polycall_call_half_close(get()); }

  // How the call ended. Blocks until it has: read to the end first, or Cancel; a handler that waits
  // for requests ends only after WritesDone.
  Status Finish(Metadata* trailing = nullptr) { return Wait(trailing); }

  // `callback(Status)` runs once, when the call has ended and all messages were read.
  template <typename Callback>
  void FinishAsync(Callback&& callback, Metadata* trailing = nullptr) {
    WaitAsync(std::forward<Callback>(callback), trailing);
  }

  // `Status status = co_await stream.FinishAwait();` after the last message was read.
  EndAwaiter FinishAwait(Metadata* trailing = nullptr) { return EndAwaiter(get(), trailing); }

  const polycall_message_type* write_type() const { return write_type_; }

 private:
  const polycall_message_type* write_type_;
};

namespace internal {

template <typename Method>
Reader<typename Method::Response> StartReader(const std::shared_ptr<Channel>& channel,
                                              const polycall_method* method,
                                              const typename Method::Request& request,
                                              const CallOptions& options) {
  Reader<typename Method::Response> reader(channel, method, Method::kResponseType, options);
  const polycall_message raw = TypedMessage(Method::kRequestType, &request);
  // Asynchronously, so that starting a stream never waits for a connection. A failure is the call's
  // status, which Finish gives.
  polycall_call_send_async(
      reader.get(), &raw, POLYCALL_SEND_HALF_CLOSE, [](void*, polycall_code) {}, nullptr);
  return reader;
}

template <typename Method>
auto StartWriter(const std::shared_ptr<Channel>& channel, const polycall_method* method,
                 const CallOptions& options) {
  return Writer<typename Method::Request, typename Method::Response>(
      channel, method, Method::kRequestType, Method::kResponseType, options);
}

template <typename Method>
auto StartStream(const std::shared_ptr<Channel>& channel, const polycall_method* method,
                 const CallOptions& options) {
  return Stream<typename Method::Request, typename Method::Response>(
      channel, method, Method::kRequestType, Method::kResponseType, options);
}

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_CLIENT_STREAM_H_
