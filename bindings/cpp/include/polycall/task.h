// Task<T>: a coroutine that starts when it is awaited. BlockOn and Start run one from plain code.
#ifndef POLYCALL_TASK_H_
#define POLYCALL_TASK_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <semaphore>
#include <type_traits>
#include <utility>

namespace polycall {

template <typename T>
class Task;

namespace internal {

// What the promises of all tasks share: who goes on when the task ends, and its exception.
class TaskPromiseBase {
 public:
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().continuation_;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  void set_continuation(std::coroutine_handle<> continuation) { continuation_ = continuation; }

 protected:
  void RethrowIfFailed() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
  std::exception_ptr exception_;
};

template <typename T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  template <typename U>
  requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) { value_.emplace(std::forward<U>(value)); }
  T TakeResult() {
    RethrowIfFailed();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void TakeResult() const { RethrowIfFailed(); }
};

}  // namespace internal

// Owns the coroutine. Movable; awaited at most once; what the coroutine throws comes out of the
// co_await. A task that nobody awaits never runs.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;

  explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> coroutine;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
        coroutine.promise().set_continuation(awaiting);
        return coroutine;
      }
      T await_resume() const { return coroutine.promise().TakeResult(); }
    };
    return Awaiter{coroutine_};
  }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

namespace internal {

template <typename T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

struct DetachedPromise;

// A coroutine that runs at once, belongs to nobody and ends itself. Nothing may escape from it.
struct Detached {
  using promise_type = DetachedPromise;
};

struct DetachedPromise {
  Detached get_return_object() const noexcept { return {}; }
  std::suspend_never initial_suspend() const noexcept { return {}; }
  std::suspend_never final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct BlockedResult {
  std::optional<T> value;
  std::exception_ptr exception;
  std::binary_semaphore done{0};

  Detached Run(Task<T> task) {
    try {
      // Ends here, and with it what its coroutine holds, before anybody hears of it.
      Task<T> owned = std::move(task);
      value.emplace(co_await std::move(owned));
    } catch (...) {
      exception = std::current_exception();
    }
    done.release();
  }
  T Take() { return std::move(*value); }
};

template <>
struct BlockedResult<void> {
  std::exception_ptr exception;
  std::binary_semaphore done{0};

  Detached Run(Task<void> task) {
    try {
      Task<void> owned = std::move(task);
      co_await std::move(owned);
    } catch (...) {
      exception = std::current_exception();
    }
    done.release();
  }
  void Take() const {}
};

}  // namespace internal

// Runs `task` and blocks until it has ended; its result or exception is the function's. Not from a
// coroutine: that would hold up the thread which is to resume it.
template <typename T>
T BlockOn(Task<T> task) {
  internal::BlockedResult<T> result;
  result.Run(std::move(task));
  result.done.acquire();
  if (result.exception != nullptr) std::rethrow_exception(result.exception);
  return result.Take();
}

// Runs `task` on this thread until it first waits, and from then on wherever it is resumed. Nobody
// hears of its end: an exception that leaves it ends the program.
inline void Start(Task<void> task) {
  [](Task<void> owned) -> internal::Detached { co_await std::move(owned); }(std::move(task));
}

}  // namespace polycall

#endif  // POLYCALL_TASK_H_
