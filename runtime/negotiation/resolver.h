// Resolver: turns the name in a target into the ends that it stands for, and keeps them up to date.
//
// To add one (docs/adding/resolver.md has it with an example):
//   1. one file <name>_resolver.cc with a class that implements Resolver and a function that makes it
//      from what stands behind the scheme;
//   2. one line in the list of resolver.cc, and its declaration in resolvers.h;
//   3. a test beside it.
#ifndef POLYCALL_NEGOTIATION_RESOLVER_H_
#define POLYCALL_NEGOTIATION_RESOLVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "negotiation/target.h"
#include "polycall/polycall.h"

namespace polycall::negotiation {

// One end, as a target that names no resolver.
struct Address {
  std::string text;
  Target target;
  std::string instance;  // the scheduler's name for it; may be empty
  // False: nobody serves there yet, but somebody will once a call needs it. It is dialed for a call
  // and never ahead of one.
  bool ready = true;
  bool local = false;  // on this host: preferred

  friend bool operator==(const Address& a, const Address& b) {
    return a.text == b.text && a.ready == b.ready && a.instance == b.instance && a.local == b.local;
  }
};

// A module to host in the caller's process instead of calling another one.
struct InprocModule {
  std::string language;  // empty: none
  std::string module;
  std::vector<std::string> services;

  bool empty() const { return language.empty(); }
  friend bool operator==(const InprocModule&, const InprocModule&) = default;
};

// Everything that a name stands for now. Each replaces the one before.
struct Resolution {
  std::vector<Address> addresses;  // best first
  polycall_balancing balancing = POLYCALL_BALANCING_DEFAULT;
  int64_t call_time_ns = 0;  // bounds calls without a deadline; 0: nothing does
  InprocModule inproc;
  std::string unavailable;  // why there is no address

  friend bool operator==(const Resolution&, const Resolution&) = default;
};

// Thread-safe.
class Resolver {
 public:
  class Listener {
   public:
    // Any thread, one at a time. May not call Stop.
    virtual void OnResolution(Resolution resolution) = 0;
    // There is nothing to tell, and this is why. What was told before stays valid.
    virtual void OnResolveError(const base::Status& status) = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Resolver() = default;  // after Stop, or before Start
  // Begins; once. May tell the listener before it returns.
  virtual void Start(Listener* listener) = 0;
  // The listener is told nothing more once this returned. Idempotent.
  virtual void Stop() = 0;
  // An address could not be reached: what was told may be out of date.
  virtual void Refresh() {}
};

// A watch of one service at the scheduler, which a layer above makes: it needs a channel.
class WatchListener {
 public:
  virtual void OnWatched(std::string_view message) = 0;       // a scheduler.v1.Resolution
  virtual void OnWatchEnded(const base::Status& status) = 0;  // the last; any status
 protected:
  ~WatchListener() = default;
};
class Watch {
 public:
  virtual ~Watch() = default;  // nothing is told any more; not from the listener's functions
};

struct ResolverContext {
  std::function<std::unique_ptr<Watch>(const std::string& service, WatchListener* listener)> watch;
};

// "list:", "dns:///", "file:///" or "polycall:///" begins the text.
bool NamesResolver(std::string_view target);

// INVALID_ARGUMENT with what is wrong and what would be right.
base::Status MakeResolver(std::string_view target, const ResolverContext& context,
                          std::unique_ptr<Resolver>* out);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_RESOLVER_H_
