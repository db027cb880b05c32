// Giving way to calls: work that no call waits for lets other threads have its processor between its steps.
//
// Linux lets a thread that runs go on for its slice, of 0.7 to 3 ms, though another one wakes meanwhile
// (EEVDF, since 6.6: kernel/sched/features.h, RUN_TO_PARITY). To connect takes 0.1 to 0.3 ms of a processor:
// without this, calls that fall into a move to another address wait for as long as that.
#ifndef POLYCALL_BASE_GIVE_WAY_H_
#define POLYCALL_BASE_GIVE_WAY_H_

#include <sched.h>

namespace polycall::base {

// While it lives, what this thread does is waited for by no call, unless `aside` is false.
class Aside {
 public:
  explicit Aside(bool aside) : before_(t_aside) { t_aside = aside; }
  ~Aside() { t_aside = before_; }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

 private:
  friend void GiveWay();
  inline static thread_local bool t_aside = false;
  const bool before_;
};

// Between two steps, with no lock held. Who is not aside goes on at once.
inline void GiveWay() {
  if (Aside::t_aside) sched_yield();
}

}  // namespace polycall::base

#endif  // POLYCALL_BASE_GIVE_WAY_H_
