// Background: work that a pool thread does, one run at a time, soon or at a time.
#ifndef POLYCALL_NEGOTIATION_BACKGROUND_H_
#define POLYCALL_NEGOTIATION_BACKGROUND_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace polycall::negotiation {

// Thread-safe. The work lives as long as a run of it is under way, also past this object: who captures
// something that may go away calls StopAndWait.
class Background {
 public:
  // `work` returns when it wants to run again, kNever: when it is asked to.
  explicit Background(std::function<int64_t()> work);
  ~Background();  // Stop
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // A run that begins after this call; one that is under way does not count.
  void RunSoon();
  // The same at `when`; of several wishes the earliest counts, until it came true.
  void RunAt(int64_t when);
  // No run begins any more.
  void Stop();
  // [blocks] until one that is under way has ended. Not from the work itself.
  void StopAndWait();

 private:
  struct Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_BACKGROUND_H_
