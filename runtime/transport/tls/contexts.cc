#include "transport/tls/contexts.h"

#include <map>
#include <string>
#include <tuple>

#include "base/fork.h"
#include "base/log.h"
#include "base/module.h"
#include "base/mutex.h"

namespace polycall::transport::tls {
namespace {

// More sets of options than a process has, unless it makes new ones for ever.
constexpr size_t kMaxContexts = 256;

// A forked child makes its own: another thread may have been at work in its parent's.
using Key =
    std::tuple<uint32_t, bool, std::string, std::string, std::string, std::string, uint32_t>;

struct Registry {
  base::Mutex mutex;
  std::map<Key, std::shared_ptr<Context>> contexts GUARDED_BY(mutex);
};

Registry& Contexts() {
  static auto* registry = [] {
    auto* made = new Registry;
    base::HoldOverFork(&made->mutex, base::ForkRank::kNames);
    return made;
  }();
  return *registry;
}

}  // namespace

base::Status ContextOf(const TlsOptions& options, bool server, std::shared_ptr<Context>* out) {
  const Key key{base::ForkGeneration(), server,
                options.ca_file,        options.certificate_file,
                options.key_file,       options.server_name,
                options.flags};
  Registry& registry = Contexts();
  {
    base::MutexLock lock(registry.mutex);
    const auto found = registry.contexts.find(key);
    if (found != registry.contexts.end()) {
      *out = found->second;
      return {};
    }
  }
  const void* entry = nullptr;
  if (base::Status status = base::LoadModule("tls", &entry); !status.ok()) return status;
  std::unique_ptr<Context> made;
  const auto log = [](polycall_log_level level, std::string_view text) { base::Log(level, text); };
  base::Status status = static_cast<const Module*>(entry)->NewContext(options, server, log, &made);
  if (!status.ok()) return status;
  base::MutexLock lock(registry.mutex);
  if (registry.contexts.size() >= kMaxContexts) registry.contexts.clear();
  *out = registry.contexts.emplace(key, std::move(made)).first->second;
  return {};
}

base::Status CheckServerOptions(const Acceptor& acceptor) {
  if (!acceptor.tls().given || !acceptor.Allows("tls")) return {};
  std::shared_ptr<Context> context;
  return ContextOf(acceptor.tls(), true, &context);
}

}  // namespace polycall::transport::tls
