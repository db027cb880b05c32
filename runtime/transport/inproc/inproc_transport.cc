#include "transport/inproc/inproc_transport.h"

#include <unistd.h>

#include <map>
#include <thread>

#include "base/fork.h"
#include "transport/inproc/inproc_connection.h"

namespace polycall::transport {
namespace {

// The names of this process. Never destroyed: servers may end after static destruction began.
struct Registry {
  base::Mutex mutex;
  std::map<std::string, base::Ref<InprocHub>, std::less<>> hubs GUARDED_BY(mutex);
};
Registry& Names() {
  static auto* registry = [] {
    auto* made = new Registry;
    base::HoldOverFork(&made->mutex, base::ForkRank::kNames);
    return made;
  }();
  return *registry;
}

class InprocListener final : public Listener {
 public:
  InprocListener(std::string name, base::Ref<InprocHub> hub)
      : name_(std::move(name)), hub_(std::move(hub)) {}
  ~InprocListener() override {
    StopAccepting();
    CloseConnections();
  }
  const std::string& address() const override { return hub_->address(); }
  void StopAccepting() override {
    Registry& names = Names();
    base::MutexLock lock(names.mutex);
    auto it = names.hubs.find(name_);
    if (it != names.hubs.end() && it->second.get() == hub_.get()) names.hubs.erase(it);
  }
  // From now on callers are refused, and look for another server.
  void DrainConnections() override { hub_->Close(); }
  void CloseConnections() override {
    hub_->Close();
    hub_->CancelCalls();
    // Accesses to the server are short, or calls that shutdown has cancelled.
    while (hub_->inside() > 0) std::this_thread::yield();
  }
  size_t connection_count() override { return hub_->inside(); }
  const char* transport_name() const override { return "inproc"; }
  uint64_t calls_started() override { return hub_->started(); }
  uint64_t calls_failed() override { return hub_->failed(); }

 private:
  const std::string name_;
  const base::Ref<InprocHub> hub_;
};

class InprocDialed final : public Dialed {
 public:
  InprocDialed(base::Ref<InprocHub> hub, std::string accept) : hub_(std::move(hub)) {
    accept_ = std::move(accept);
  }
  base::Ref<Connection> Open(const Agreed& agreed, Connection::Observer* observer) override {
    return base::Ref<Connection>::Adopt(new InprocConnection(hub_, agreed, observer));
  }

 private:
  base::Ref<InprocHub> hub_;
};

class Inproc final : public Transport {
 public:
  const char* name() const override { return "inproc"; }

  base::Status CheckAddress(std::string_view name) const override {
    if (name.empty()) return base::InvalidArgument("an inproc target needs a name: inproc:calc");
    return {};
  }

  base::Status Dial(std::string_view name, const DialOptions& options,
                    std::unique_ptr<Dialed>* out) override {
    base::Ref<InprocHub> hub;
    {
      Registry& names = Names();
      base::MutexLock lock(names.mutex);
      auto it = names.hubs.find(name);
      if (it != names.hubs.end()) hub = it->second;
    }
    if (!hub || !hub->Enter()) {
      return base::Unavailable("no server of this process listens on inproc:" + std::string(name));
    }
    PeerInfo peer{hub->address(), "inproc", true};
    Agreed agreed;
    std::string accept;
    base::Status status = hub->acceptor()->Handshake(options.hello, peer, &agreed, &accept);
    hub->Leave();
    if (status.ok()) *out = std::make_unique<InprocDialed>(std::move(hub), std::move(accept));
    return status;
  }

  base::Status Listen(std::string_view name, Acceptor* acceptor,
                      std::unique_ptr<Listener>* out) override {
    if (base::Status status = CheckAddress(name); !status.ok()) return status;
    auto hub = base::Ref<InprocHub>::Adopt(new InprocHub(acceptor, "inproc:" + std::string(name)));
    Registry& names = Names();
    {
      base::MutexLock lock(names.mutex);
      if (!names.hubs.emplace(std::string(name), hub).second) {
        return base::Status(POLYCALL_ALREADY_EXISTS, "a server of this process listens on inproc:" +
                                                         std::string(name) + " already");
      }
    }
    *out = std::make_unique<InprocListener>(std::string(name), std::move(hub));
    return {};
  }
};

}  // namespace

Transport* InprocTransport() {
  static Inproc transport;
  return &transport;
}

}  // namespace polycall::transport
