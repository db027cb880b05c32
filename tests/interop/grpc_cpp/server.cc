// gRPC's C++ server as a testee: starts, and shuts down on a thread of its own, since no handler may.
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "../native/testee.h"
#include "services.h"

namespace interop {
namespace {

// Any thread, but Start first.
class Testee {
 public:
  // The port, or 0.
  int Start(std::string_view target) {
    if (target.starts_with("tcp://")) target.remove_prefix(6);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(std::string(target), grpc::InsecureServerCredentials(), &port);
    builder.SetMaxReceiveMessageSize(16 << 20);
    builder.RegisterService(&test_);
    builder.RegisterService(&own_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return 0;
    keeper_ = std::thread([this] { Keep(); });
    return port;
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
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    lock.lock();
    shut_down_ = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<int> grace_ms_;  // guarded by mutex_: set when a shutdown is wanted
  bool shut_down_ = false;       // guarded by mutex_
  TestServiceImpl test_;
  OwnService own_{[this](int grace_ms) { RequestShutdown(grace_ms); }};
  std::unique_ptr<grpc::Server> server_;  // after the services that it borrows
  std::thread keeper_;
};

// There is one in this process.
std::unique_ptr<Testee> testee;

}  // namespace
}  // namespace interop

int interop_serve(const char* target, char* address, size_t size) {
  auto testee = std::make_unique<interop::Testee>();
  const int port = testee->Start(target);
  if (port == 0) {
    std::fprintf(stderr, "gRPC's server cannot serve on %s\n", target);
    return 1;
  }
  std::snprintf(address, size, "tcp://127.0.0.1:%d", port);
  interop::testee = std::move(testee);
  return 0;
}

void interop_wait(void) {
  if (interop::testee != nullptr) interop::testee->Wait();
}

// Called by the thread that sees the end of the input, and again by the one that waited: freed at the end
// of the process.
void interop_stop(void) {
  if (interop::testee == nullptr) return;
  interop::testee->Stop();
  interop::testee->Wait();
}
