// Poller: a completion queue and the threads that wait for it.
//
// One thread waits, and runs what it finds itself. If it is away for longer than a tick, because what
// it runs blocks or because there is more to do than one thread can, the watchdog sends another.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_POLLER_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_POLLER_H_

#include <grpc/grpc.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace polycall::transport {

// What a completion queue carries.
class Tag {
 public:
  virtual void Run(bool ok) = 0;

 protected:
  ~Tag() = default;
};

// Thread-safe.
class Poller {
 public:
  Poller();
  ~Poller();  // Nothing may be under way. Waits for the threads.
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  grpc_completion_queue* queue() const { return queue_; }
  // If the calling thread is one of a poller's: another takes over at once.
  static void YieldThread();

 private:
  static constexpr size_t kMostThreads = 256;

  void Poll();
  void Watch();
  void SendAnother();

  grpc_completion_queue* const queue_;
  std::atomic<int> polling_{0};
  std::atomic<uint64_t> events_{0};
  std::atomic<bool> watchdog_asleep_{true};
  std::mutex mutex_;
  std::condition_variable spare_;  // those who wait to poll
  std::condition_variable watchdog_wakes_;
  size_t spares_ = 0;                 // guarded by mutex_
  size_t wanted_ = 0;                 // guarded by mutex_: spares that are to come
  bool stop_ = false;                 // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
  std::thread watchdog_;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_POLLER_H_
