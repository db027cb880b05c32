// The caller's side of the C ABI for tests: owned handles, and outcomes by value. Every call has a
// deadline that only a hang reaches, unless the test gives another.
#ifndef POLYCALL_TESTS_TRANSPORT_CONFORMANCE_CLIENT_H_
#define POLYCALL_TESTS_TRANSPORT_CONFORMANCE_CLIENT_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event.h"
#include "polycall/polycall.h"

namespace polycall::conformance {

using Entries = std::vector<std::pair<std::string, std::string>>;

struct Outcome {
  int32_t code = POLYCALL_OK;
  std::string message;
  std::string details;
  std::string response;
  Entries initial, trailing;
};

struct CallSettings {
  int64_t timeout_ns = kPatienceNs;
  uint32_t flags = 0;
  Entries metadata = {};
};

polycall_metadata* MakeMetadata(const Entries& entries);
Entries ReadMetadata(const polycall_metadata* metadata);
// Takes the memory of `status`.
Outcome TakeStatus(polycall_status* status);

// A streaming call. Ends it on destruction.
class Stream {
 public:
  explicit Stream(polycall_call* call) : call_(call) {}
  ~Stream() { polycall_call_release(call_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  polycall_call* get() const { return call_; }
  polycall_code Send(std::string_view bytes, uint32_t flags = 0);
  void HalfClose() { polycall_call_half_close(call_); }
  // The next message; none at the end.
  std::optional<std::string> Receive();
  // All messages up to the end.
  std::vector<std::string> ReceiveAll();
  Outcome Wait();

 private:
  polycall_call* const call_;
};

// A unary call by callback.
class Pending {
 public:
  ~Pending() { polycall_call_release(call_); }
  // Ends the test's wait: false if the call did not end.
  bool Wait() { return done_.Wait(); }
  bool ended() { return done_.happened(); }
  const Outcome& outcome() const { return outcome_; }  // after Wait
  polycall_call* call() const { return call_; }

 private:
  friend class Client;
  Event done_;
  Outcome outcome_;
  polycall_call* call_ = nullptr;
};

class Client {
 public:
  // `max_attempts` 0: the default.
  // The transports of the clients made from now on, NULL-terminated and borrowed.
  static void Allow(const char* const* transports) { allowed_ = transports; }
  explicit Client(const std::string& target, uint32_t max_attempts = 0);
  // As the options say, but for its patience.
  Client(const std::string& target, polycall_channel_options options);
  ~Client() { polycall_channel_free(channel_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  polycall_channel* get() const { return channel_; }
  Outcome Unary(std::string_view request, const CallSettings& settings = {});
  // `pending` must live until the call has ended.
  void UnaryAsync(std::string_view request, const CallSettings& settings, Pending* pending);
  void UnaryCallback(std::string_view request, polycall_unary_fn done, void* arg);
  Stream Start(polycall_kind kind, const CallSettings& settings = {});

 private:
  const polycall_method* Method(polycall_kind kind);
  static inline const char* const* allowed_ = nullptr;
  polycall_channel* channel_ = nullptr;
};

}  // namespace polycall::conformance

#endif  // POLYCALL_TESTS_TRANSPORT_CONFORMANCE_CLIENT_H_
