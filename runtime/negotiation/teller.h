// What resolvers share: telling the listener until they are stopped, and only what is new.
#ifndef POLYCALL_NEGOTIATION_TELLER_H_
#define POLYCALL_NEGOTIATION_TELLER_H_

#include <utility>

#include "base/mutex.h"
#include "negotiation/resolver.h"

namespace polycall::negotiation {

// Thread-safe. Outlives the resolver where its work does.
class Teller {
 public:
  void Start(Resolver::Listener* listener) {
    base::MutexLock lock(mutex_);
    listener_ = listener;
  }
  // Waits for a listener that is being told.
  void Stop() {
    base::MutexLock lock(mutex_);
    listener_ = nullptr;
  }
  void Tell(Resolution resolution) {
    base::MutexLock lock(mutex_);
    if (listener_ == nullptr || (told_ && resolution == last_)) return;
    told_ = true;
    last_ = resolution;
    listener_->OnResolution(std::move(resolution));
  }
  // The reason counts again after the next success.
  void TellError(const base::Status& status) {
    base::MutexLock lock(mutex_);
    if (listener_ != nullptr) listener_->OnResolveError(status);
  }

 private:
  base::Mutex mutex_;
  Resolver::Listener* listener_ GUARDED_BY(mutex_) = nullptr;
  Resolution last_ GUARDED_BY(mutex_);
  bool told_ GUARDED_BY(mutex_) = false;
};

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_TELLER_H_
