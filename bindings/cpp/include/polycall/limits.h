// Limits of a channel or server.
#ifndef POLYCALL_LIMITS_H_
#define POLYCALL_LIMITS_H_

#include <polycall/polycall.h>

#include <chrono>
#include <cstdint>

namespace polycall {

// Bounds, by the names that error messages give them. A zero means the default in the comment.
struct Limits {
  uint64_t max_message_size = 0;                   // 16 MiB
  uint32_t max_metadata_size = 0;                  // 16 KiB for one direction of a call
  uint32_t max_calls_per_connection = 0;           // 4096; further calls wait at the caller
  uint32_t max_connections = 0;                    // 16384 (servers)
  uint32_t call_window = 0;                        // 256 KiB unread per call and direction
  uint32_t connection_window = 0;                  // 16 MiB unread per connection and direction
  uint32_t max_pending_calls = 0;                  // 16384 waiting for a connection or a thread
  std::chrono::nanoseconds handshake_timeout{0};   // 5 s
  std::chrono::nanoseconds idle_timeout{0};        // none
  std::chrono::nanoseconds keepalive_interval{0};  // 30 s
  std::chrono::nanoseconds keepalive_timeout{0};   // 20 s

  polycall_limits ToRaw() const {
    polycall_limits raw = POLYCALL_LIMITS_INIT;
    raw.max_message_size = max_message_size;
    raw.max_metadata_size = max_metadata_size;
    raw.max_calls_per_connection = max_calls_per_connection;
    raw.max_connections = max_connections;
    raw.call_window = call_window;
    raw.connection_window = connection_window;
    raw.max_pending_calls = max_pending_calls;
    raw.handshake_timeout_ns = handshake_timeout.count();
    raw.idle_timeout_ns = idle_timeout.count();
    raw.keepalive_interval_ns = keepalive_interval.count();
    raw.keepalive_timeout_ns = keepalive_timeout.count();
    return raw;
  }
};

}  // namespace polycall

#endif  // POLYCALL_LIMITS_H_
