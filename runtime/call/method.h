// A method as both sides know it: names, kind, flags.
#ifndef POLYCALL_CALL_METHOD_H_
#define POLYCALL_CALL_METHOD_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "call/method_metrics.h"
#include "polycall/polycall.h"

namespace polycall::call {

struct MethodSpec {
  std::string service;
  std::string method;
  std::string path;  // "calc.v1.Calc/Add"
  int32_t kind = POLYCALL_UNARY;
  uint32_t flags = 0;
  int64_t default_timeout_ns = 0;

  bool caller_streams() const {
    return kind == POLYCALL_CLIENT_STREAMING || kind == POLYCALL_BIDI_STREAMING;
  }
  bool handler_streams() const {
    return kind == POLYCALL_SERVER_STREAMING || kind == POLYCALL_BIDI_STREAMING;
  }
  // The handler is called with the request in hand.
  bool request_first() const { return !caller_streams(); }
};

// A handler whose runs keep others waiting for longer than about 20 us leaves the leading thread at
// once: waking another leader then costs less than what waits behind it.
inline constexpr uint32_t kLongTicks = 60'000;

// A method that a server serves.
struct ServerMethod : MethodSpec {
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  uint16_t number = 0;  // in the ACCEPT table
  // Identities that may call it; NULL: everybody. Fixed once the server has started.
  const std::vector<std::string>* allowed = nullptr;
  // Smoothed ticks (base::Ticks) for which others waited while the handler ran; where they are many it
  // leaves the leading thread at once.
  std::atomic<uint32_t> average_ticks{0};
  bool built_in = false;  // of a service that every server has
  MethodMetrics metrics;
};

}  // namespace polycall::call

// What polycall_channel_method returns.
struct polycall_method : polycall::call::MethodSpec {
  uint32_t index = 0;  // in its channel; connections keep the peer's number for it in a table
  const void* channel = nullptr;
  const polycall_method* next = nullptr;  // in its channel's table
};

#endif  // POLYCALL_CALL_METHOD_H_
