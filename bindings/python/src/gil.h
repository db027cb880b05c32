// The GIL: given up while the runtime waits, taken when the runtime calls in.
//
// Two hazards are dealt with here and nowhere else:
//  - Attaching a thread to the interpreter costs about 10 us, so a thread that the runtime made is
//    attached once and keeps its thread state (Upcall).
//  - A thread that asks for the GIL while the interpreter ends is killed by CPython with
//    pthread_exit, whose unwinding must not pass C++ frames. Such a thread is stopped for good
//    instead (OrHang); the process is about to end.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_GIL_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_GIL_H_

#include <cxxabi.h>

#include <utility>

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// Stops this thread until the process ends.
[[noreturn]] void HangThread();

// Runs `f`, which may run Python code or take the GIL.
template <typename F>
auto OrHang(F&& f) -> decltype(f()) {
  try {
    return std::forward<F>(f)();
  } catch (abi::__forced_unwind&) {
    HangThread();
  }
}

// Ends a reference on a thread that may not wait for the GIL: now if this thread holds it, else
// when the next thread takes it.
void DecrefSomewhere(PyObject* object);
// Ends what DecrefSomewhere left. With the GIL.
void DecrefWhatIsLeft();
bool IsAnythingLeft();

// Gives up the GIL for the length of a scope.
class GilRelease {
 public:
  GilRelease() : state_(PyEval_SaveThread()) {}
  ~GilRelease() {
    OrHang([this] { PyEval_RestoreThread(state_); });
    if (IsAnythingLeft()) DecrefWhatIsLeft();
  }
  GilRelease(const GilRelease&) = delete;
  GilRelease& operator=(const GilRelease&) = delete;

 private:
  PyThreadState* state_;
};

// Holds the GIL for the length of a scope, on any thread. False when the interpreter has ended or
// is about to: then nothing of Python's may be touched, references included.
class Upcall {
 public:
  Upcall();
  ~Upcall();
  Upcall(const Upcall&) = delete;
  Upcall& operator=(const Upcall&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  bool entered_;
  PyGILState_STATE state_ = PyGILState_UNLOCKED;
};

// Marks a scope in which this thread runs a callback of the runtime's: in it channels and servers
// must not be freed (see FreeElsewhere).
class CallbackScope {
 public:
  CallbackScope() { ++depth_; }
  ~CallbackScope() { --depth_; }
  static bool Inside() { return depth_ > 0; }

 private:
  static thread_local int depth_;
};

// Runs `free(handle)`, which blocks, without the GIL: here, or on a thread of its own if this one
// runs a callback. Called with the GIL held.
void FreeWithoutGil(void (*free)(void* handle), void* handle);

// From the module's start to the interpreter's exit.
bool InterpreterAlive();
void InterpreterStarts();
// No Upcall begins after this; waits up to two seconds for those under way. Called with the GIL.
void InterpreterEnds();

// In the child of a fork(), which has this thread only.
void AfterForkInChild();

// Attaches the runtime's threads once each.
const polycall_thread_hook* ThreadHook();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_GIL_H_
