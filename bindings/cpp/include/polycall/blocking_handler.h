// The glue between the runtime and handlers in the blocking style, which answer by returning.
#ifndef POLYCALL_BLOCKING_HANDLER_H_
#define POLYCALL_BLOCKING_HANDLER_H_

#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/scratch.h>
#include <polycall/server_context.h>
#include <polycall/server_stream.h>
#include <polycall/service.h>
#include <polycall/status.h>

#include <optional>
#include <utility>

namespace polycall::internal {

// Runs a handler; what it throws becomes its status.
template <typename Handler>
Status RunHandler(Handler&& handler) noexcept {
  try {
    return std::forward<Handler>(handler)();
  } catch (...) {
    return StatusOfCurrentException();
  }
}

// `kHandler` is a pointer to a member of `ServiceType`.
template <typename Method, typename ServiceType, auto kHandler>
struct BlockingHandler {
  using Request = typename Method::Request;
  using Response = typename Method::Response;

  static polycall_handler Make(ServiceType* service) {
    polycall_handler handler = POLYCALL_HANDLER_INIT;
    handler.arg = service;
    handler.request_type = Method::kRequestType;
    if constexpr (Method::kKind == POLYCALL_UNARY) {
      handler.fn = &Unary;
    } else if constexpr (Method::kKind == POLYCALL_SERVER_STREAMING) {
      handler.fn = &ServerStreaming;
    } else if constexpr (Method::kKind == POLYCALL_CLIENT_STREAMING) {
      handler.fn = &ClientStreaming;
    } else {
      handler.fn = &BidiStreaming;
    }
    return handler;
  }

  // The fast path. A caller in this process and language passes its request and a place for the
  // response, and nothing is copied or encoded; for any other the thread's own messages serve.
  static void Unary(void* arg, polycall_call* call, const polycall_message* message) noexcept {
    if (const Request* passed = ObjectOf<Request>(*message)) {
      Answer(arg, call, *passed);
      return;
    }
    Scratch<Request, ScratchUse::kRequest> request;
    request.set_size(message->size);
    if (!ReadMessage(*message, request.get())) return FinishUnreadable(call);
    Answer(arg, call, *request.get());
  }

  static void Answer(void* arg, polycall_call* call, const Request& request) noexcept {
    if (void* place = polycall_call_response_place(call, Method::kResponseType)) {
      auto* response = static_cast<Response*>(place);
      response->Clear();
      AnswerInto(arg, call, request, response);
      return;
    }
    Scratch<Response, ScratchUse::kResponse> response;
    response.get()->Clear();
    AnswerInto(arg, call, request, response.get());
    response.set_size(static_cast<size_t>(response.get()->GetCachedSize()));
  }

  static void AnswerInto(void* arg, polycall_call* call, const Request& request,
                         Response* response) noexcept {
    ServerContext context(call);
    const Status status = RunHandler(
        [&] { return (static_cast<ServiceType*>(arg)->*kHandler)(context, request, response); });
    const polycall_message answer = TypedMessage(Method::kResponseType, response);
    FinishCall(call, status, &answer);
  }

  static void ServerStreaming(void* arg, polycall_call* call,
                              const polycall_message* message) noexcept {
    std::optional<Request> parsed;
    const Request* request = ObjectOf<Request>(*message);
    if (request == nullptr) {
      if (!ReadMessage(*message, &parsed.emplace())) return FinishUnreadable(call);
      request = &*parsed;
    }
    ServerContext context(call);
    ServerWriter<Response> writer(call, Method::kResponseType);
    const Status status = RunHandler(
        [&] { return (static_cast<ServiceType*>(arg)->*kHandler)(context, *request, writer); });
    FinishCall(call, status, nullptr);
  }

  static void ClientStreaming(void* arg, polycall_call* call, const polycall_message*) noexcept {
    ServerContext context(call);
    ServerReader<Request> reader(call);
    Response response;
    const Status status = RunHandler(
        [&] { return (static_cast<ServiceType*>(arg)->*kHandler)(context, reader, &response); });
    const polycall_message answer = TypedMessage(Method::kResponseType, &response);
    FinishCall(call, status, &answer);
  }

  static void BidiStreaming(void* arg, polycall_call* call, const polycall_message*) noexcept {
    ServerContext context(call);
    ServerStream<Request, Response> stream(call, Method::kResponseType);
    const Status status =
        RunHandler([&] { return (static_cast<ServiceType*>(arg)->*kHandler)(context, stream); });
    FinishCall(call, status, nullptr);
  }
};

}  // namespace polycall::internal

#endif  // POLYCALL_BLOCKING_HANDLER_H_
