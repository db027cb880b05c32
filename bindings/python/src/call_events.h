// Loop events of operations that may end while they are started.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_CALL_EVENTS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_CALL_EVENTS_H_

#include <memory>
#include <utility>

#include "loop_queue.h"

namespace polycall_python {

class InlineEvent : public LoopEvent {
 public:
  explicit InlineEvent(LoopQueueRef queue) : queue_(std::move(queue)) {}

  // Runs `start(event)`, which hands the event to the runtime, and `after()`. If the event happened
  // on this thread meanwhile, it is run here and now; else the queue gets it. With the GIL.
  template <typename Event, typename Start, typename After>
  static void Begin(std::unique_ptr<Event> event, Start start, After after) {
    Event* raw = event.release();
    bool happened = false;
    {
      Starting starting(raw);
      start(raw);
      happened = starting.happened();
    }
    after();
    if (!happened) return;
    std::unique_ptr<Event> owned(raw);
    owned->Run();
  }

  // Called by the operation's callback, as its last touch of the event.
  void Happened();

 protected:
  // Whether this thread is in Begin with this event.
  bool IsStarting() const { return t_starting_ != nullptr && t_starting_->event_ == this; }

 private:
  // On the starter's stack, because the event may be gone when the start returns.
  class Starting {
   public:
    explicit Starting(InlineEvent* event);
    ~Starting();
    bool happened() const { return happened_; }

   private:
    friend class InlineEvent;
    InlineEvent* event_;
    Starting* outer_;
    bool happened_ = false;
  };

  static thread_local Starting* t_starting_;
  LoopQueueRef queue_;
};

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_CALL_EVENTS_H_
