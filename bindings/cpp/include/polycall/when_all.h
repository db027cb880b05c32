// WhenAll: several tasks at once.
#ifndef POLYCALL_WHEN_ALL_H_
#define POLYCALL_WHEN_ALL_H_

#include <polycall/task.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace polycall {
namespace internal {

// Awaits all of `tasks`, which run until they first wait when it is awaited, one after the other.
template <typename T>
class Gathering {
 public:
  explicit Gathering(std::vector<Task<T>> tasks)
      : tasks_(std::move(tasks)), left_(tasks_.size() + 1), values_(tasks_.size()) {}
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    for (size_t i = 0; i < tasks_.size(); ++i) Run(std::move(tasks_[i]), i);
    // The share of this loop: nobody resumes the coroutine while it runs.
    return left_.fetch_sub(1, std::memory_order_acq_rel) != 1;
  }
  std::vector<T> await_resume() {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
    std::vector<T> values;
    values.reserve(values_.size());
    for (std::optional<T>& value : values_) values.push_back(*std::move(value));
    return values;
  }

 private:
  Detached Run(Task<T> task, size_t index) {
    try {
      Task<T> owned = std::move(task);
      values_[index].emplace(co_await std::move(owned));
    } catch (...) {
      if (!failed_.exchange(true)) exception_ = std::current_exception();
    }
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) coroutine_.resume();
  }

  std::vector<Task<T>> tasks_;
  std::atomic<size_t> left_;  // tasks that have not ended, and the loop that starts them
  std::vector<std::optional<T>> values_;
  std::atomic<bool> failed_ = false;
  std::exception_ptr exception_;  // the first
  std::coroutine_handle<> coroutine_;
};

}  // namespace internal

// `std::vector<T> results = co_await WhenAll(std::move(tasks));` in the tasks' order, when all have
// ended; the first exception of any of them is thrown then.
template <typename T>
Task<std::vector<T>> WhenAll(std::vector<Task<T>> tasks) {
  co_return co_await internal::Gathering<T>(std::move(tasks));
}

}  // namespace polycall

#endif  // POLYCALL_WHEN_ALL_H_
