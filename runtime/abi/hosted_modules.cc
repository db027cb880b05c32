#include "abi/hosted_modules.h"

#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "base/fork.h"
#include "base/mutex.h"
#include "polycall/host.h"

namespace polycall::abi {
namespace {

// Never destroyed: channels may end after static destruction began.
struct Hosted {
  base::Mutex mutex;  // held while one starts: the next asks for the same, often
  uint32_t generation GUARDED_BY(mutex) = 0;
  uint64_t next GUARDED_BY(mutex) = 1;
  // Targets, by language and module.
  std::map<std::pair<std::string, std::string>, std::string> targets GUARDED_BY(mutex);
};

base::Status Start(const negotiation::InprocModule& module, const std::string& target) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.name = module.module.c_str();
  polycall_server* server = polycall_server_new(&options, &status);
  if (server != nullptr) {
    polycall_host_options load = POLYCALL_HOST_OPTIONS_INIT;
    load.language = module.language.c_str();
    load.module = module.module.c_str();
    if (polycall_host_load(server, &load, &status) == POLYCALL_OK &&
        polycall_server_listen(server, target.c_str(), nullptr, 0, &status) == POLYCALL_OK &&
        polycall_server_start(server, &status) == POLYCALL_OK) {
      return {};  // the server stays
    }
  }
  base::Status failed = base::Status::FromAbi(&status);
  polycall_status_clear(&status);
  polycall_server_free(server);
  return failed;
}

}  // namespace

bool HostingAllowed() {
  const char* allow = getenv("POLYCALL_INPROC");
  return allow != nullptr && std::string_view(allow) == "allow";
}

base::Status HostModule(const negotiation::InprocModule& module, std::string* target) {
  static auto* hosted = new Hosted;
  base::MutexLock lock(hosted->mutex);
  if (hosted->generation != base::ForkGeneration()) {
    hosted->generation = base::ForkGeneration();
    hosted->targets.clear();  // those servers are the parent's
  }
  std::string& known = hosted->targets[{module.language, module.module}];
  if (known.empty()) {
    const std::string fresh = "inproc:polycall.hosted." + std::to_string(hosted->generation) + "." +
                              std::to_string(hosted->next++);
    if (base::Status status = Start(module, fresh); !status.ok()) return status;
    known = fresh;
  }
  *target = known;
  return {};
}

}  // namespace polycall::abi
