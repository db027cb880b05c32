// How events of the runtime reach an asyncio loop: a lock-free list that the runtime's threads push
// to and the loop's thread drains, with an eventfd that the loop watches. The pushing thread needs
// no GIL, and many events cost one wake-up. No lock: nothing can be left held across a fork().
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_LOOP_QUEUE_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_LOOP_QUEUE_H_

#include <atomic>
#include <memory>

#include "refs.h"

namespace polycall_python {

// Something that happened, to be told to the loop. Deleted after either function.
class LoopEvent {
 public:
  virtual ~LoopEvent() = default;
  // Runs on the loop's thread with the GIL. May not leave a Python error raised.
  virtual void Run() = 0;

 private:
  friend class LoopQueue;
  LoopEvent* next_ = nullptr;
};

class LoopQueue {
 public:
  // With a Python error set, and fileno() -1, when the system has no more file descriptors.
  LoopQueue();
  // Runs what is left. With the GIL, or without it on a thread of the runtime's.
  ~LoopQueue();
  LoopQueue(const LoopQueue&) = delete;
  LoopQueue& operator=(const LoopQueue&) = delete;

  int fileno() const { return fd_; }

  // From any thread.
  void Push(std::unique_ptr<LoopEvent> event);

  // Runs all events. With the GIL, on the loop's thread.
  void Drain();

 private:
  LoopEvent* TakeAll();

  int fd_;
  std::atomic<LoopEvent*> head_{nullptr};
};

using LoopQueueRef = std::shared_ptr<LoopQueue>;

// The queue behind a _polycall.LoopQueue, or NULL with a TypeError.
LoopQueueRef LoopQueueFromPython(PyObject* object);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_LOOP_QUEUE_H_
