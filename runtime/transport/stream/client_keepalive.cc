// Whether the peer is still there while calls wait for it. A machine that vanished closes nothing: without
// this a call that has no deadline would wait for ever.
#include <algorithm>

#include "transport/stream/client_connection.h"

namespace polycall::transport {
namespace {

constexpr int64_t kShortest = 10 * base::kMillisecond;

}  // namespace

// The first look is after a whole interval: most connections have no calls then, or none that is silent.
void ClientConnection::StartKeepalive() {
  quiet_since_ = base::NowNs();
  Retain();  // the timer's
  const int64_t delay = std::max(agreed_.receive.keepalive_interval_ns, kShortest);
  base::Reactor::Global().Schedule(&keepalive_, base::DeadlineAfter(delay));
}

// True: the timer's reference is the caller's to drop. Once closed_ is set, so that nobody sets it again.
bool ClientConnection::StopKeepalive() { return base::Reactor::Global().Cancel(&keepalive_); }

void ClientConnection::LookAlive() {
  const int64_t interval = agreed_.receive.keepalive_interval_ns;
  const int64_t timeout = agreed_.receive.keepalive_timeout_ns;
  const int64_t now = base::NowNs();
  bool dead = false;
  bool ping = false;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    // What leaves is a sign of life, too: a large message on a slow way is not silence.
    const uint64_t activity = activity_.load(std::memory_order_relaxed);
    const size_t queued = writer_.queued_bytes();
    if (live_ == 0 || activity != keepalive_activity_ || queued < keepalive_queued_) {
      quiet_since_ = now;
      pinged_at_ = 0;
    } else if (pinged_at_ != 0) {
      dead = now - pinged_at_ >= timeout;
    } else if (now - quiet_since_ >= interval) {
      pinged_at_ = now;
      ping = true;
    }
    keepalive_activity_ = activity;
    keepalive_queued_ = queued;
    if (!dead) {
      const int64_t soon = (pinged_at_ != 0 ? std::min(interval, timeout) : interval) / 4;
      const int64_t delay = live_ == 0 ? interval : soon;
      Retain();
      // Under the lock: Close sets closed_ under it before it cancels the timer.
      base::Reactor::Global().Schedule(&keepalive_,
                                       base::DeadlineAfter(std::max(delay, kShortest)));
    }
  }
  if (ping) SendSimple(call::FrameType::kPing, 0, 0);  // the tokens of Ping begin with 1
  if (dead) {
    Close(base::Unavailable("no answer from " + peer_ + " to a ping within keepalive_timeout"));
  }
}

}  // namespace polycall::transport
