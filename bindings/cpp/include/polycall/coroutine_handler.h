// The glue between the runtime and handlers that are coroutines.
#ifndef POLYCALL_COROUTINE_HANDLER_H_
#define POLYCALL_COROUTINE_HANDLER_H_

#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/server_context.h>
#include <polycall/server_stream.h>
#include <polycall/service.h>
#include <polycall/status.h>
#include <polycall/status_or.h>
#include <polycall/task.h>

#include <utility>

namespace polycall::internal {

// `kHandler` is a pointer to a member of `ServiceType`. Request, context and stream live in the frame
// of the coroutine that drives the handler, and so until the handler's task has ended.
template <typename Method, typename ServiceType, auto kHandler>
struct CoroutineHandler {
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

  static void Serve(void* arg, polycall_call* call, const polycall_message* message) noexcept {
    auto* service = static_cast<ServiceType*>(arg);
    if constexpr (Method::kKind == POLYCALL_UNARY) {
      Unary(service, call, message);
    } else if constexpr (Method::kKind == POLYCALL_SERVER_STREAMING) {
      ServerStreaming(service, call, message);
    } else if constexpr (Method::kKind == POLYCALL_CLIENT_STREAMING) {
      ClientStreaming(service, call);
    } else {
      BidiStreaming(service, call);
    }
  }

  // `message` is read before the first suspension, while it is valid.
  static Detached Unary(ServiceType* service, polycall_call* call,
                        const polycall_message* message) {
    Request request;
    if (!ReadMessage(*message, &request)) {
      FinishUnreadable(call);
      co_return;
    }
    ServerContext context(call);
    StatusOr<Response> response = UnknownError("");
    try {
      response = co_await (service->*kHandler)(context, request);
    } catch (...) {
      response = StatusOfCurrentException();
    }
    FinishWith(call, response);
  }

  static Detached ServerStreaming(ServiceType* service, polycall_call* call,
                                  const polycall_message* message) {
    Request request;
    if (!ReadMessage(*message, &request)) {
      FinishUnreadable(call);
      co_return;
    }
    ServerContext context(call);
    ServerWriter<Response> writer(call, Method::kResponseType);
    Status status;
    try {
      status = co_await (service->*kHandler)(context, request, writer);
    } catch (...) {
      status = StatusOfCurrentException();
    }
    FinishCall(call, status, nullptr);
  }

  static Detached ClientStreaming(ServiceType* service, polycall_call* call) {
    ServerContext context(call);
    ServerReader<Request> reader(call);
    StatusOr<Response> response = UnknownError("");
    try {
      response = co_await (service->*kHandler)(context, reader);
    } catch (...) {
      response = StatusOfCurrentException();
    }
    FinishWith(call, response);
  }

  static Detached BidiStreaming(ServiceType* service, polycall_call* call) {
    ServerContext context(call);
    ServerStream<Request, Response> stream(call, Method::kResponseType);
    Status status;
    try {
      status = co_await (service->*kHandler)(context, stream);
    } catch (...) {
      status = StatusOfCurrentException();
    }
    FinishCall(call, status, nullptr);
  }

  static void FinishWith(polycall_call* call, const StatusOr<Response>& response) {
    if (!response.ok()) return FinishCall(call, response.status(), nullptr);
    const polycall_message answer = TypedMessage(Method::kResponseType, &*response);
    FinishCall(call, OkStatus(), &answer);
  }
};

}  // namespace polycall::internal

#endif  // POLYCALL_COROUTINE_HANDLER_H_
