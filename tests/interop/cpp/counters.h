// Counters by key, of the one server in this process.
#ifndef POLYCALL_TESTS_INTEROP_CPP_COUNTERS_H_
#define POLYCALL_TESTS_INTEROP_CPP_COUNTERS_H_

#include <map>
#include <mutex>
#include <string>

#include "polycall_test.pb.h"

namespace interop {

// Any thread.
class CounterTable {
 public:
  // Applies `change` to the counters of `key`.
  template <typename Change>
  void Update(const std::string& key, Change change) {
    std::lock_guard lock(mutex_);
    change(counters_[key]);
  }

  void Started(const std::string& key) {
    Update(key, [](auto& counters) { counters.set_started(counters.started() + 1); });
  }
  void Finished(const std::string& key) {
    Update(key, [](auto& counters) { counters.set_finished(counters.finished() + 1); });
  }
  void Cancelled(const std::string& key) {
    Update(key, [](auto& counters) { counters.set_cancelled(counters.cancelled() + 1); });
  }
  void Sent(const std::string& key) {
    Update(key, [](auto& counters) { counters.set_sent(counters.sent() + 1); });
  }
  void Received(const std::string& key) {
    Update(key, [](auto& counters) { counters.set_received(counters.received() + 1); });
  }

  polycall::testing::Counters Get(const std::string& key) {
    std::lock_guard lock(mutex_);
    return counters_[key];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, polycall::testing::Counters> counters_;  // guarded by mutex_
};

}  // namespace interop

#endif  // POLYCALL_TESTS_INTEROP_CPP_COUNTERS_H_
