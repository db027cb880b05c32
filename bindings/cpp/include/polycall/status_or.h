// StatusOr<T>: a value, or the status that tells why there is none.
#ifndef POLYCALL_STATUS_OR_H_
#define POLYCALL_STATUS_OR_H_

#include <polycall/status.h>

#include <optional>
#include <type_traits>
#include <utility>

namespace polycall {

template <typename T>
class [[nodiscard]] StatusOr {
 public:
  using value_type = T;

  // An OK status without a value is an error of the program's and becomes INTERNAL.
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT: conversions are the purpose
    if (status_.ok())
      status_ = InternalError("a StatusOr was made from an OK status without a value");
  }
  StatusOr(const T& value) : value_(value) {}        // NOLINT
  StatusOr(T&& value) : value_(std::move(value)) {}  // NOLINT

  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Status> &&
           !std::is_same_v<std::remove_cvref_t<U>, StatusOr> &&
             !std::is_same_v<std::remove_cvref_t<U>, std::in_place_t>) StatusOr(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT

  // A value made in place.
  template <typename... Args>
  explicit StatusOr(std::in_place_t, Args&&... args)
      : value_(std::in_place, std::forward<Args>(args)...) {}

  bool ok() const noexcept { return value_.has_value(); }
  const Status& status() const& noexcept { return status_; }
  Status status() && noexcept { return std::move(status_); }

  // The value; throws StatusError when there is none.
  const T& value() const& { return Checked(), *value_; }
  T& value() & { return Checked(), *value_; }
  T&& value() && { return Checked(), *std::move(value_); }

  template <typename U>
  T value_or(U&& otherwise) const& {
    return ok() ? *value_ : static_cast<T>(std::forward<U>(otherwise));
  }

  // Only when ok().
  const T& operator*() const& noexcept { return *value_; }
  T& operator*() & noexcept { return *value_; }
  T&& operator*() && noexcept { return *std::move(value_); }
  const T* operator->() const noexcept { return &*value_; }
  T* operator->() noexcept { return &*value_; }

 private:
  void Checked() const {
    if (!ok()) throw StatusError(status_);
  }

  Status status_;
  std::optional<T> value_;
};

}  // namespace polycall

#endif  // POLYCALL_STATUS_OR_H_
