// What the built-in grpc.health.v1.Health knows (https://github.com/grpc/grpc/blob/master/doc/
// health-checking.md): a serving state per service, and who watches it.
#ifndef POLYCALL_SERVER_HEALTH_H_
#define POLYCALL_SERVER_HEALTH_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "call/call.h"

namespace polycall::server {

// Thread-safe.
class Health {
 public:
  enum Serving { kUnknown = 0, kServingNow = 1, kNotServing = 2, kServiceUnknown = 3 };

  void Set(std::string_view service, Serving serving);
  Serving State(const std::string& service) {
    base::MutexLock lock(mutex_);
    return Get(service);
  }
  // From now on everything is NOT_SERVING: the server shuts down.
  void Shutdown();

  // The handlers: Check (unary) and Watch (server streaming).
  static void Check(void* health, polycall_call* call, const polycall_message* request);
  static void Watch(void* health, polycall_call* call, const polycall_message* request);

 private:
  struct Watcher {
    call::Call* call;  // the user's reference
    std::string service;
  };
  Serving Get(const std::string& service) REQUIRES(mutex_);
  void Tell(const std::string& service);
  static void Send(call::Call* call, Serving serving);
  void Forget(call::Call* call);

  base::Mutex mutex_;
  bool shut_down_ GUARDED_BY(mutex_) = false;
  std::map<std::string, Serving, std::less<>> services_ GUARDED_BY(mutex_);
  std::vector<Watcher> watchers_ GUARDED_BY(mutex_);
};

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_HEALTH_H_
