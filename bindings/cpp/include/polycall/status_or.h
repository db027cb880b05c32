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

  template <typename U, typename Bare = std::remove_cvref_t<U>>
  static constexpr bool kConverts =
      std::is_convertible_v<U&&, T> && !std::is_same_v<Bare, T> && !std::is_same_v<Bare, Status> &&
      !std::is_same_v<Bare, StatusOr> && !std::is_same_v<Bare, std::in_place_t>;

  // An OK status without a value is an error of the program's and becomes INTERNAL.
  StatusOr(Status status) : status_(std::move(status)) {  // NOLINT: conversions are the purpose
    if (status_.ok())
      status_ = InternalError("a StatusOr was made from an OK status without a value");
  }
  StatusOr(const T& value) : value_(value) {}        // NOLINT
  StatusOr(T&& value) : value_(std::move(value)) {}  // NOLINT

  // From what converts to the value.
  template <typename U, std::enable_if_t<kConverts<U>, int> = 0>
  // NOLINTNEXTLINE: neither a copy nor a move gets here
  StatusOr(U&& value) : value_(std::in_place, std::forward<U>(value)) {}

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
