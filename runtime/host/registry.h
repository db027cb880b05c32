// Which languages' hosts and runtimes this process holds, and loading modules into them.
#ifndef POLYCALL_HOST_REGISTRY_H_
#define POLYCALL_HOST_REGISTRY_H_

#include <pthread.h>

#include <condition_variable>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "polycall/host.h"

namespace polycall::host {

// Any thread. One for the process: what a language runtime takes hold of (signals, the stack's limits,
// process-wide state) it keeps, so that nothing is ever taken out again.
class Registry {
 public:
  static Registry& Instance();

  base::Status Load(polycall_server* server, const polycall_host_options& options) EXCLUDES(mutex_);
  base::Status Declare(std::string_view runtime, const polycall_host_exclusion* exclusions,
                       size_t count) EXCLUDES(mutex_);
  base::Status Provide(const polycall_host_module* module) EXCLUDES(mutex_);
  std::string ListAsJson() EXCLUDES(mutex_);

 private:
  struct Exclusion {
    std::string runtime;
    std::string reason;
  };

  struct Host {
    const polycall_host_module* module = nullptr;
    std::string library;  // empty: provided by the program
    bool started = false;
    base::Status failure;  // of a start that failed
  };

  base::Status Find(const std::string& language, const polycall_host_module** module,
                    std::string* library);
  base::Status StartHost(const std::string& language, const polycall_host_options& options)
      EXCLUDES(mutex_);
  base::Status StartAlone(const std::string& language, const polycall_host_options& options)
      EXCLUDES(mutex_);
  // Why `runtime` cannot join what is here.
  std::optional<std::string> Conflict(std::string_view runtime,
                                      const polycall_host_exclusion* exclusions, size_t count)
      REQUIRES(mutex_);
  void Record(std::string_view runtime, const polycall_host_exclusion* exclusions, size_t count)
      REQUIRES(mutex_);

  base::Mutex mutex_;
  // By language. Entries stay where they are.
  std::map<std::string, Host, std::less<>> hosts_ GUARDED_BY(mutex_);
  // By runtime: what each cannot share the process with.
  std::map<std::string, std::vector<Exclusion>, std::less<>> runtimes_ GUARDED_BY(mutex_);
  // Set while one thread starts a host: a start runs without the lock, since it boots a runtime whose
  // own code may call back (to declare itself), but two never run at once.
  std::optional<pthread_t> starter_ GUARDED_BY(mutex_);
  std::condition_variable_any start_ended_;
};

}  // namespace polycall::host

#endif  // POLYCALL_HOST_REGISTRY_H_
