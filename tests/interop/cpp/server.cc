// The C++ server: starts, and shuts down on a thread of its own, since no handler may do that.
#include <polycall/cpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "../native/testee.h"
#include "polycall_test_service.h"
#include "settings.h"
#include "test_service.h"

namespace interop {
namespace {

// Any thread, but Start first.
class Testee {
 public:
  polycall::StatusOr<std::string> Start(const char* target) {
    polycall::Status status = server_.AddService(&test_);
    if (status.ok()) status = server_.AddService(&own_);
    if (!status.ok()) return status;
    polycall::StatusOr<std::string> address = server_.Listen(target);
    if (address.ok()) status = server_.Start();
    if (!status.ok()) return status;
    if (address.ok()) keeper_ = std::thread([this] { Keep(); });
    return address;
  }

  ~Testee() {
    Stop();
    if (keeper_.joinable()) keeper_.join();
  }

  void Stop() {
    own_.End();
    RequestShutdown(2000);
  }

  void RequestShutdown(int grace_ms) {
    std::lock_guard lock(mutex_);
    if (!grace_ms_) grace_ms_ = grace_ms;
    changed_.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return shut_down_; });
  }

 private:
  void Keep() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return grace_ms_.has_value(); });
    const std::chrono::milliseconds grace(*grace_ms_);
    lock.unlock();
    server_.Shutdown(grace);
    lock.lock();
    shut_down_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> grace_ms_;  // guarded by mutex_: set when a shutdown is wanted
  bool shut_down_ = false;       // guarded by mutex_
  TestService test_;
  PolyCallTestService own_{[this](int grace_ms) { RequestShutdown(grace_ms); }};
  polycall::Server server_{ServerSettings()};  // after the services that it borrows
  std::thread keeper_;
};

std::mutex mutex;
std::shared_ptr<Testee> testee;  // guarded by mutex

std::shared_ptr<Testee> Current() {
  std::lock_guard lock(mutex);
  return testee;
}

// The services as a module of the C host's. The server is its owner's to shut down.
polycall::Status Register(polycall::Server& server) {
  const polycall::Status status = server.AddService(std::make_shared<TestService>());
  if (!status.ok()) return status;
  return server.AddService(std::make_shared<PolyCallTestService>([](int) {}));
}

}  // namespace
}  // namespace interop

POLYCALL_MODULE(interop::Register);

int interop_serve(const char* target, char* address, size_t size) {
  auto testee = std::make_shared<interop::Testee>();
  polycall::StatusOr<std::string> result = testee->Start(target);
  if (!result.ok()) {
    std::fprintf(stderr, "the C++ server cannot serve on %s: %s\n", target,
                 result.status().ToString().c_str());
    return 1;
  }
  std::snprintf(address, size, "%s", result->c_str());
  std::lock_guard lock(interop::mutex);
  interop::testee = std::move(testee);
  return 0;
}

void interop_wait(void) {
  if (std::shared_ptr<interop::Testee> testee = interop::Current()) testee->Wait();
}

void interop_stop(void) {
  // Held to the end: who comes second returns when the server is gone, not earlier.
  static std::mutex stopping;
  std::lock_guard stop_lock(stopping);
  std::shared_ptr<interop::Testee> ended;
  {
    std::lock_guard lock(interop::mutex);
    ended.swap(interop::testee);
  }
  if (ended == nullptr) return;
  ended->Stop();
  ended->Wait();
}
