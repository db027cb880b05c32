// Ctrl-C while the main thread waits in the runtime.
//
// Python's own signal handler only sets a flag, which nobody looks at before the wait is over,
// and writes to the wake-up descriptor (signal.set_wakeup_fd). Unless somebody else uses that, a
// watcher thread reads there which signal came and, for SIGINT, cancels the call that the main
// thread waits for. The wait then ends, and Python runs its handler, which raises
// KeyboardInterrupt.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_INTERRUPT_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_INTERRUPT_H_

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// Whether this is the interpreter's main thread, the one that runs signal handlers.
bool OnMainThread();

// Around a wait for `call`. Made and ended with the GIL; on other threads than the main one it does
// nothing.
class InterruptibleWait {
 public:
  // Without a call the wait begins with Watch.
  explicit InterruptibleWait(polycall_call* call = nullptr);
  ~InterruptibleWait();
  InterruptibleWait(const InterruptibleWait&) = delete;
  InterruptibleWait& operator=(const InterruptibleWait&) = delete;

  // The call to cancel. Needs no GIL.
  void Watch(polycall_call* call);

  // After the wait, with the GIL: true with a Python error set if a signal's handler raised one.
  bool Raised();

 private:
  void StopWatching();

  bool active_ = false;
};

// In the child of a fork(): the thread that forked is the main thread, and there is no watcher.
void InterruptAfterFork();
void SetMainThread(unsigned long ident);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_INTERRUPT_H_
