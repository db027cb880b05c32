// Stub: a channel and the handles of one service's methods on it. The inside of generated clients.
#ifndef POLYCALL_STUB_H_
#define POLYCALL_STUB_H_

#include <polycall/channel.h>
#include <polycall/polycall.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace polycall::internal {

// A value; thread-safe. Looks the methods up once, so that a call does not.
template <size_t kMethods>
class Stub {
 public:
  Stub(std::shared_ptr<Channel> channel, const polycall_service_descriptor& service)
      : channel_(std::move(channel)), raw_(channel_->get()) {
    for (size_t i = 0; i < kMethods; ++i) {
      methods_[i] = polycall_channel_method(raw_, service.name, &service.methods[i]);
    }
  }

  const std::shared_ptr<Channel>& channel() const { return channel_; }
  polycall_channel* raw() const { return raw_; }
  const polycall_method* method(size_t index) const { return methods_[index]; }

 private:
  std::shared_ptr<Channel> channel_;
  polycall_channel* raw_;  // channel_'s
  std::array<const polycall_method*, kMethods> methods_{};
};

}  // namespace polycall::internal

#endif  // POLYCALL_STUB_H_
