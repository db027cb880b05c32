// Calls of Gather that wait for each other.
#ifndef POLYCALL_TESTS_INTEROP_CPP_GATHER_H_
#define POLYCALL_TESTS_INTEROP_CPP_GATHER_H_

#include <coroutine>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace interop {

// Any thread.
class Gather {
 public:
  // Suspends a coroutine until `count` of this key have come, or End; tells which (true: they
  // came).
  class Awaiter {
   public:
    Awaiter(Gather& gather, std::string key, int count)
        : gather_(gather), key_(std::move(key)), count_(count) {}

    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> self) {
      self_ = self;
      std::vector<Awaiter*> complete;
      {
        std::lock_guard lock(gather_.mutex_);
        std::vector<Awaiter*>& waiting = gather_.waiting_[key_];
        if (static_cast<int>(waiting.size()) + 1 < count_) {
          waiting.push_back(this);
          return true;
        }
        complete.swap(waiting);
      }
      // Outside of the lock: what runs on may come back here.
      for (Awaiter* other : complete) other->self_.resume();
      return false;
    }
    bool await_resume() const { return !ended_; }

   private:
    friend class Gather;
    Gather& gather_;
    const std::string key_;
    const int count_;
    std::coroutine_handle<> self_;
    bool ended_ = false;
  };

  Awaiter Wait(std::string key, int count) { return Awaiter(*this, std::move(key), count); }

  // Lets all that wait go on, in vain.
  void End() {
    std::map<std::string, std::vector<Awaiter*>> waiting;
    {
      std::lock_guard lock(mutex_);
      waiting.swap(waiting_);
    }
    for (auto& [key, awaiters] : waiting) {
      for (Awaiter* awaiter : awaiters) {
        awaiter->ended_ = true;
        awaiter->self_.resume();
      }
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<Awaiter*>> waiting_;  // guarded by mutex_
};

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_CPP_GATHER_H_
