// Responder, and the glue between the runtime and handlers in the callback style, which answer
// through one.
#ifndef POLYCALL_CALLBACK_HANDLER_H_
#define POLYCALL_CALLBACK_HANDLER_H_

#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/server_context.h>
#include <polycall/server_stream.h>
#include <polycall/service.h>
#include <polycall/status.h>
#include <polycall/status_or.h>

#include <atomic>
#include <memory>
#include <optional>
#include <utility>

namespace polycall {
namespace internal {

// What a handler in the callback style works with until it answers. Shared by the glue, for as long
// as the handler's function runs, and the responder, which may be on another thread by then; the last
// one to let go answers for a handler that did not.
class PendingCall {
 public:
  PendingCall(polycall_call* call, const polycall_message_type* response_type)
      : context(call), response_type_(response_type) {}
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;
  virtual ~PendingCall() = default;

  void Finish(const Status& status, const void* response) {
    const polycall_message answer = TypedMessage(response_type_, response);
    finished_ = true;
    FinishCall(context.get(), status, response == nullptr ? nullptr : &answer);
  }

  // What the handler threw; by the glue only, before it lets go.
  void set_failure(Status failure) { failure_ = std::move(failure); }

  void LetGo() {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if (!finished_) Finish(failure_, nullptr);
    const std::unique_ptr<PendingCall> owner(this);
  }

  ServerContext context;

 private:
  const polycall_message_type* const response_type_;
  std::atomic<int> holders_{2};
  bool finished_ = false;  // written by the responder, read by the last holder
  Status failure_ = UnknownError("the handler dropped its responder without an answer");
};

struct LetGo {
  void operator()(PendingCall* call) const { call->LetGo(); }
};

// Movable, to any thread. Dropped without an answer, it ends the call UNKNOWN.
class ResponderBase {
 public:
  explicit ResponderBase(PendingCall* call) : call_(call) {}

 protected:
  // After it, context, request and stream are gone. A second answer is ignored.
  void Answer(const Status& status, const void* response) {
    if (call_ == nullptr) return;
    call_->Finish(status, response);
    call_.reset();
  }

 private:
  std::unique_ptr<PendingCall, LetGo> call_;
};

}  // namespace internal

// Answers a call that has one response (unary and client streaming): exactly once, from any thread,
// during the handler or after it. One thread at a time.
template <typename Response>
class Responder : public internal::ResponderBase {
 public:
  using internal::ResponderBase::ResponderBase;

  void Finish(const Response& response) { Answer(OkStatus(), &response); }
  // An OK status without a response becomes INTERNAL.
  void Finish(const Status& status) {
    Answer(status.ok() ? InternalError("the handler answered OK without a response") : status,
           nullptr);
  }
  void Finish(const StatusOr<Response>& outcome) {
    outcome.ok() ? Finish(*outcome) : Finish(outcome.status());
  }
};

// Ends a call that streams its responses (server and bidirectional streaming); the same rules.
template <>
class Responder<void> : public internal::ResponderBase {
 public:
  using internal::ResponderBase::ResponderBase;

  void Finish(const Status& status) { Answer(status, nullptr); }
};

namespace internal {

// `kHandler` is a pointer to a member of `ServiceType`.
template <typename Method, typename ServiceType, auto kHandler>
struct CallbackHandler {
  using Request = typename Method::Request;
  using Response = typename Method::Response;

  static polycall_handler Make(ServiceType* service) {
    polycall_handler handler = POLYCALL_HANDLER_INIT;
    handler.arg = service;
    handler.request_type = Method::kRequestType;
    handler.asynchronous = 1;
    handler.fn = &Serve;
    return handler;
  }

  struct UnaryCall : PendingCall {
    explicit UnaryCall(polycall_call* call) : PendingCall(call, Method::kResponseType) {}
    Request request;
  };
  struct ServerStreamingCall : UnaryCall {
    explicit ServerStreamingCall(polycall_call* call)
        : UnaryCall(call), writer(call, Method::kResponseType) {}
    ServerWriter<Response> writer;
  };
  struct ClientStreamingCall : PendingCall {
    explicit ClientStreamingCall(polycall_call* call)
        : PendingCall(call, Method::kResponseType), reader(call) {}
    ServerReader<Request> reader;
  };
  struct BidiStreamingCall : PendingCall {
    explicit BidiStreamingCall(polycall_call* call)
        : PendingCall(call, Method::kResponseType), stream(call, Method::kResponseType) {}
    ServerStream<Request, Response> stream;
  };

  static void Serve(void* arg, polycall_call* call, const polycall_message* message) noexcept {
    auto* service = static_cast<ServiceType*>(arg);
    if constexpr (Method::kKind == POLYCALL_UNARY) {
      auto pending = std::make_unique<UnaryCall>(call);
      if (!ReadMessage(*message, &pending->request)) return FinishUnreadable(call);
      Run(pending.release(), [&](UnaryCall& own) {
        (service->*kHandler)(own.context, own.request, Responder<Response>(&own));
      });
    } else if constexpr (Method::kKind == POLYCALL_SERVER_STREAMING) {
      auto pending = std::make_unique<ServerStreamingCall>(call);
      if (!ReadMessage(*message, &pending->request)) return FinishUnreadable(call);
      Run(pending.release(), [&](ServerStreamingCall& own) {
        (service->*kHandler)(own.context, own.request, own.writer, Responder<void>(&own));
      });
    } else if constexpr (Method::kKind == POLYCALL_CLIENT_STREAMING) {
      Run(std::make_unique<ClientStreamingCall>(call).release(), [&](ClientStreamingCall& own) {
        (service->*kHandler)(own.context, own.reader, Responder<Response>(&own));
      });
    } else {
      Run(std::make_unique<BidiStreamingCall>(call).release(), [&](BidiStreamingCall& own) {
        (service->*kHandler)(own.context, own.stream, Responder<void>(&own));
      });
    }
  }

 private:
  template <typename Pending, typename Handler>
  static void Run(Pending* pending, Handler&& handler) {
    const std::unique_ptr<PendingCall, LetGo> held(pending);
    try {
      handler(*pending);
    } catch (...) {
      pending->set_failure(StatusOfCurrentException());
    }
  }
};

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_CALLBACK_HANDLER_H_
