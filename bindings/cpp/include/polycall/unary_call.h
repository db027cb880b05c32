// Unary calls: blocking, with a callback, awaited. What generated clients are made of.
#ifndef POLYCALL_UNARY_CALL_H_
#define POLYCALL_UNARY_CALL_H_

#include <polycall/call_options.h>
#include <polycall/callback.h>
#include <polycall/channel.h>
#include <polycall/message.h>
#include <polycall/polycall.h>
#include <polycall/raw_options.h>
#include <polycall/resumption.h>
#include <polycall/scratch.h>
#include <polycall/status.h>
#include <polycall/status_or.h>

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

namespace polycall::internal {

// What the response of a call that ended well says. Takes status and response.
template <typename Response>
Status TakeResponse(polycall_unary* unary, Response* response) {
  if (unary->status.code != POLYCALL_OK) [[unlikely]]
    return Status::Take(&unary->status);
  polycall_message message = std::exchange(unary->response, polycall_message{});
  // The handler filled our own object: there is nothing to decode and nothing to end.
  if (message.object == response && message.object != nullptr) return OkStatus();
  if (TakeMessage(&message, response)) return OkStatus();
  return InternalError("the response cannot be parsed; do both ends have the same .proto?");
}

template <typename Method>
inline polycall_unary UnaryOf(const polycall_method* method,
                              const typename Method::Request& request) {
  // Only what goes in: the runtime sets what comes out, and clearing it all takes a tenth of a call.
  polycall_unary unary;
  unary.struct_size = sizeof(unary);
  unary.method = method;
  unary.options = nullptr;
  unary.response_place = nullptr;
  unary.call = nullptr;
  unary.request = TypedMessage(Method::kRequestType, &request);
  unary.response_type = Method::kResponseType;
  return unary;
}

// The fast path: no allocation, no lock; the response is filled in place.
template <typename Method>
inline Status CallUnary(polycall_channel* channel, const polycall_method* method,
                        const typename Method::Request& request,
                        typename Method::Response* response, const CallOptions& options) {
  polycall_unary unary = UnaryOf<Method>(method, request);
  unary.response_place = response;
  if (&options == &kDefaultCallOptions) [[likely]] {
    polycall_unary_call(channel, &unary);
    return TakeResponse(&unary, response);
  }
  const polycall_call_options raw = RawOptions(options);
  unary.options = &raw;
  polycall_unary_call(channel, &unary);
  MetadataPlaces(options).Fill(&unary);
  return TakeResponse(&unary, response);
}

template <typename Method>
inline StatusOr<typename Method::Response> CallUnary(polycall_channel* channel,
                                                     const polycall_method* method,
                                                     const typename Method::Request& request,
                                                     const CallOptions& options) {
  // One object and one return, so that the response is made where the caller wants it.
  StatusOr<typename Method::Response> result(std::in_place);
  Status status = CallUnary<Method>(channel, method, request, &*result, options);
  if (!status.ok()) result = std::move(status);
  return result;
}

// Starts a unary call whose outcome `done(arg, unary)` takes.
template <typename Method>
void StartUnary(polycall_channel* channel, const polycall_method* method,
                const typename Method::Request& request, const CallOptions& options,
                polycall_unary_fn done, void* arg) {
  polycall_unary unary = UnaryOf<Method>(method, request);
  polycall_call_options raw;
  if (&options != &kDefaultCallOptions) {
    raw = RawOptions(options);
    unary.options = &raw;
  }
  polycall_call** const handle = options.handle == nullptr ? nullptr : options.handle->Receive();
  polycall_unary_call_async(channel, &unary, done, arg, handle);
}

template <typename Response>
struct Outcome {
  StatusOr<Response> result{std::in_place};
};

// What the call ended with, for a callback. Bytes stay the runtime's.
template <typename Response>
void ReadOutcome(polycall_unary* unary, const MetadataPlaces& places, StatusOr<Response>* result) {
  if (places.wanted()) places.Fill(unary);
  if (!result->ok()) *result = StatusOr<Response>(std::in_place);
  if (unary->status.code == POLYCALL_OK && unary->response.type == nullptr) [[likely]] {
    if (ReadMessage(unary->response, &**result)) return;
  }
  Status status = TakeResponse(unary, &**result);
  if (!status.ok()) *result = std::move(status);
}

// `callback(StatusOr<Response>&&)` runs exactly once. It must not throw. One that takes a const
// reference leaves the thread's own message in place, for the next call.
template <typename Method, typename Callback>
void CallUnaryAsync(polycall_channel* channel, const polycall_method* method,
                    const typename Method::Request& request, Callback&& callback,
                    const CallOptions& options) {
  struct Pending {
    std::decay_t<Callback> callback;
    MetadataPlaces places;
  };
  auto pending = std::unique_ptr<Pending>(
      new Pending{std::forward<Callback>(callback), MetadataPlaces(options)});
  StartUnary<Method>(
      channel, method, request, options,
      [](void* arg, polycall_unary* unary) {
        const CallbackScope scope;
        const std::unique_ptr<Pending> owned(static_cast<Pending*>(arg));
        Scratch<Outcome<typename Method::Response>, ScratchUse::kOutcome> outcome;
        outcome.set_size(unary->response.size);
        ReadOutcome(unary, owned->places, &outcome.get()->result);
        owned->callback(std::move(outcome.get()->result));
      },
      pending.release());
}

// What `co_await client.AddAwait(request)` awaits. Holds references to request and options: await it
// in the expression that makes it.
template <typename Method>
class [[nodiscard]] UnaryAwaiter {
 public:
  using Response = typename Method::Response;

  UnaryAwaiter(polycall_channel* channel, const polycall_method* method,
               const typename Method::Request& request, const CallOptions& options)
      : channel_(channel), method_(method), request_(request), options_(options) {}
  UnaryAwaiter(const UnaryAwaiter&) = delete;
  UnaryAwaiter& operator=(const UnaryAwaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    return resumption_.Suspend(coroutine, [this] {
      StartUnary<Method>(channel_, method_, request_, options_, &UnaryAwaiter::Done, this);
    });
  }
  StatusOr<Response> await_resume() {
    if (!status_.ok()) return std::move(status_);
    return std::move(response_);
  }

 private:
  static void Done(void* arg, polycall_unary* unary) {
    auto* self = static_cast<UnaryAwaiter*>(arg);
    MetadataPlaces(self->options_).Fill(unary);
    self->status_ = TakeResponse(unary, &self->response_);
    self->resumption_.Complete();
  }

  polycall_channel* const channel_;
  const polycall_method* const method_;
  const typename Method::Request& request_;
  const CallOptions& options_;
  Resumption resumption_;
  Status status_;
  Response response_;
};

}  // namespace polycall::internal

#endif  // POLYCALL_UNARY_CALL_H_
