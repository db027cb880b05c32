// Streams responses to one caller from the loop: one at a time, a bounded number waiting.
#ifndef POLYCALL_SCHEDULER_CONTROL_FEED_H_
#define POLYCALL_SCHEDULER_CONTROL_FEED_H_

#include <polycall/cpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "loop/event_loop.h"

namespace polycall::scheduler {

// Loop thread only. Kept alive by what it waits for: the write under way, and whoever feeds it.
template <typename Response>
class Feed : public std::enable_shared_from_this<Feed<Response>> {
 public:
  Feed(EventLoop& loop, ServerWriter<Response>& writer, Responder<void> done)
      : loop_(loop), writer_(&writer), done_(std::move(done)) {}

  // Sends the response after those before it. A caller that reads so slowly that `most_bytes` wait is
  // told RESOURCE_EXHAUSTED and let go.
  void Send(Response response, size_t most_bytes) {
    if (!done_) {
      return;
    }
    const size_t bytes = response.ByteSizeLong();
    if (waiting_bytes_ + bytes > most_bytes && !waiting_.empty()) {
      End(ResourceExhaustedError("the caller reads too slowly for what happens here"));
      return;
    }
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(response));
    WriteNext();
  }

  // Only the newest matters: replaces what waits.
  void SendLatest(Response response) {
    Clear();
    Send(std::move(response), 0);
  }

  // Ends the call after what waits has been sent.
  void EndAfterAll() {
    ending_ = true;
    WriteNext();
  }

  void End(const Status& status) {
    if (done_) {
      auto done = *std::exchange(done_, std::nullopt);
      Clear();
      if (ended) {
        ended();
      }
      done.Finish(status);
    }
  }

  bool open() const { return done_.has_value(); }

  std::function<void()> ended;  // runs once when the call is over: stop feeding

 private:
  void Clear() {
    waiting_.clear();
    waiting_bytes_ = 0;
  }

  void WriteNext() {
    if (writing_ || !done_) {
      return;
    }
    if (waiting_.empty()) {
      if (ending_) {
        End(OkStatus());
      }
      return;
    }
    writing_ = true;
    const Response response = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= response.ByteSizeLong();
    writer_->WriteAsync(response, [self = this->shared_from_this()](bool sent) {
      self->loop_.Post([self, sent] {
        self->writing_ = false;
        if (!sent) {
          self->End(CancelledError("the caller has gone"));
        } else {
          self->WriteNext();
        }
      });
    });
  }

  EventLoop& loop_;
  ServerWriter<Response>* const writer_;  // lives until done_ has finished
  std::optional<Responder<void>> done_;
  std::deque<Response> waiting_;
  size_t waiting_bytes_ = 0;
  bool writing_ = false;
  bool ending_ = false;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_FEED_H_
