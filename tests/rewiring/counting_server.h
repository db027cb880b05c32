// A server that counts each call by the number that its request carries, and answers with its own name.
#ifndef POLYCALL_TESTS_REWIRING_COUNTING_SERVER_H_
#define POLYCALL_TESTS_REWIRING_COUNTING_SERVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "polycall/polycall.h"

namespace polycall::rewiring {

inline constexpr char kServiceName[] = "rewiring.Counter";
inline constexpr char kMethodName[] = "Count";
const polycall_method_descriptor* CountMethod();

// How often each number was seen, by all servers of a test together.
class Ledger {
 public:
  void Enter(uint64_t number) {
    const std::lock_guard lock(mutex_);
    ++seen_[number];
  }
  int times(uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto it = seen_.find(number);
    return it == seen_.end() ? 0 : it->second;
  }

 private:
  std::mutex mutex_;
  std::unordered_map<uint64_t, int> seen_;
};

// A handler that finishes its call itself.
using Handler = std::function<void(polycall_call* call)>;

class CountingServer {
 public:
  struct Options {
    std::string name = "server";
    std::vector<const char*> transports = {};  // empty: all
    Handler handler = nullptr;                 // NULL: answers with the name
  };
  CountingServer(Ledger* ledger, Options options);
  ~CountingServer();
  CountingServer(const CountingServer&) = delete;
  CountingServer& operator=(const CountingServer&) = delete;

  // Also while it serves. Returns what callers name.
  std::string Listen(const std::string& target);
  void Shutdown() { polycall_server_shutdown(server_, int64_t{60} * 1'000'000'000); }
  uint64_t calls() const { return calls_.load(); }
  uint64_t connections();

 private:
  static void Handle(void* arg, polycall_call* call, const polycall_message* request);

  Ledger* const ledger_;
  const Options options_;
  std::atomic<uint64_t> calls_{0};
  polycall_server* server_ = nullptr;
};

// A folder for sockets and files, removed with what lies in it.
class Folder {
 public:
  Folder();
  ~Folder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Waits until `condition` holds, for so long that only a hang is longer. False: it never did.
bool Eventually(const std::function<bool()>& condition);

}  // namespace polycall::rewiring

#endif  // POLYCALL_TESTS_REWIRING_COUNTING_SERVER_H_
