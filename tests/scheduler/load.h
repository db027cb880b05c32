// Callers that call all the time and count what came of it.
#ifndef POLYCALL_TESTS_SCHEDULER_LOAD_H_
#define POLYCALL_TESTS_SCHEDULER_LOAD_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon.h"

namespace polycall::scheduler_test {

// Calls SquareOnce of the target from threads with a channel each. No call is made twice unless the
// server says that it never started.
class Load {
 public:
  Load(std::string target, int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, target, i] { Run(target, i); });
    }
  }
  ~Load() { Stop(); }

  void Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  uint64_t good() const { return good_; }
  uint64_t bad() const { return bad_; }
  // What failed first.
  std::string failure() {
    const std::lock_guard lock(mutex_);
    return failure_;
  }
  // Waits until so many more calls went well.
  bool UntilMore(uint64_t count) {
    const uint64_t before = good_;
    return Until([&] { return good_ >= before + count || bad_ > 0; }) && bad_ == 0;
  }

 private:
  void Run(const std::string& target, int seed) {
    work::v1::Work::Client client(Channel::Create(target).value());
    work::v1::Number request;
    for (int64_t i = seed; !stop_; i += 7) {
      request.set_value(i);
      auto response = client.SquareOnce(request, {.timeout = kPatience});
      if (response.ok() && response->value() == i * i) {
        ++good_;
      } else {
        ++bad_;
        const std::lock_guard lock(mutex_);
        if (failure_.empty()) {
          failure_ = response.ok() ? "a wrong answer" : response.status().ToString();
        }
      }
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> good_{0};
  std::atomic<uint64_t> bad_{0};
  std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace polycall::scheduler_test

#endif  // POLYCALL_TESTS_SCHEDULER_LOAD_H_
