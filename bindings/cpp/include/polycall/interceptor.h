// Interceptor: sees every call of a channel or a server.
#ifndef POLYCALL_INTERCEPTOR_H_
#define POLYCALL_INTERCEPTOR_H_

#include <polycall/identity.h>
#include <polycall/metadata.h>
#include <polycall/polycall.h>
#include <polycall/status.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace polycall {

// The call that an interceptor looks at, borrowed for the length of the function.
class InterceptedCall {
 public:
  InterceptedCall(polycall_call* raw, void** state) : raw_(raw), state_(state) {}

  std::string_view service() const { return polycall_call_service(raw_); }
  std::string_view method() const { return polycall_call_method(raw_); }
  polycall_kind kind() const { return static_cast<polycall_kind>(polycall_call_kind(raw_)); }
  // "unix"; empty while a caller's call has no connection.
  std::string_view transport() const {
    const char* name = polycall_call_transport(raw_);
    return name == nullptr ? std::string_view() : std::string_view(name);
  }
  // A server's interceptor: who the caller is; nothing when nobody vouches for it.
  std::optional<Identity> identity() const { return internal::IdentityOf(raw_); }
  std::chrono::nanoseconds TimeLeft() const {
    return std::chrono::nanoseconds(polycall_call_time_left(raw_));
  }
  // The interceptor's own value for this call; null at first. What it points to is the
  // interceptor's to end in Finished.
  void*& state() { return *state_; }
  polycall_call* get() const { return raw_; }

 private:
  polycall_call* raw_;
  void** state_;
};

// Functions run on the thread that makes the event, for many calls at once, and should be short.
// They must not throw.
class Interceptor {
 public:
  virtual ~Interceptor() = default;

  // A call starts. At the caller its `metadata` is what will be sent and may be added to
  // (polycall_metadata_add); at the handler's side it is what was received. Not OK: the call ends
  // with that status, and later interceptors and the handler do not see it.
  virtual Status Started(InterceptedCall& /*call*/, polycall_metadata* /*metadata*/) {
    return OkStatus();
  }

  // A message was accepted from the user's code (`sent`), or is about to be given to it.
  virtual void Message(InterceptedCall& /*call*/, const polycall_message& /*message*/,
                       bool /*sent*/) {}

  // The call ended with `status`, which may be replaced: its last event.
  virtual void Finished(InterceptedCall& /*call*/, Status& /*status*/) {}
};

namespace internal {

inline polycall_code InterceptStarted(void* arg, polycall_call* call, polycall_metadata* metadata,
                                      void** state, polycall_status* status) {
  InterceptedCall intercepted(call, state);
  Status result = static_cast<Interceptor*>(arg)->Started(intercepted, metadata);
  *status = result.release();
  return static_cast<polycall_code>(status->code);
}

inline void InterceptMessage(void* arg, polycall_call* call, const polycall_message* message,
                             int sent, void** state) {
  InterceptedCall intercepted(call, state);
  static_cast<Interceptor*>(arg)->Message(intercepted, *message, sent != 0);
}

inline void InterceptFinished(void* arg, polycall_call* call, polycall_status* status,
                              void** state) {
  InterceptedCall intercepted(call, state);
  Status outcome = Status::Take(status);
  static_cast<Interceptor*>(arg)->Finished(intercepted, outcome);
  *status = outcome.release();
}

inline std::vector<polycall_interceptor> RawInterceptors(
    const std::vector<std::shared_ptr<Interceptor>>& interceptors) {
  std::vector<polycall_interceptor> raw;
  for (const auto& interceptor : interceptors) {
    polycall_interceptor entry = POLYCALL_INTERCEPTOR_INIT;
    entry.arg = interceptor.get();
    entry.started = &InterceptStarted;
    entry.message = &InterceptMessage;
    entry.finished = &InterceptFinished;
    raw.push_back(entry);
  }
  return raw;
}

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_INTERCEPTOR_H_
