#include "interrupt.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <thread>

#include "python_types.h"

namespace polycall_python {
namespace {

std::atomic<unsigned long> g_main_thread{0};
int g_pipe[2] = {-1, -1};  // guarded by the GIL
// One wait at a time: the main thread's. What stands here owns a reference.
std::atomic<polycall_call*> g_watched{nullptr};
std::atomic<bool> g_interrupted{false};  // since the present wait began
std::atomic<bool> g_watcher_busy{false};
int64_t g_set_at = 0;  // when the wake-up descriptor was set last; guarded by the GIL

void Cancel(polycall_call* call) {
  polycall_call_cancel(call, POLYCALL_CANCELLED, "interrupted by SIGINT");
  polycall_call_release(call);
}

void Watcher(int fd) {
  unsigned char number = 0;
  for (;;) {
    const ssize_t got = read(fd, &number, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    if (number != SIGINT) continue;
    g_watcher_busy.store(true);
    g_interrupted.store(true);
    if (polycall_call* call = g_watched.exchange(nullptr)) Cancel(call);
    g_watcher_busy.store(false);
  }
}

// signal.set_wakeup_fd(fd): what was set before. -1 also for an error, which is dropped.
int SetWakeupFd(int fd) {
  static PyObject* names = Py_BuildValue("(s)", "warn_on_full_buffer");
  Ref number = Ref::Steal(PyLong_FromLong(fd));
  if (!number || names == nullptr) {
    PyErr_Clear();
    return -1;
  }
  PyObject* arguments[] = {number.get(), Py_False};
  Ref before = Ref::Steal(PyObject_Vectorcall(Types().set_wakeup_fd, arguments, 1, names));
  const long old = before ? PyLong_AsLong(before.get()) : -1;
  PyErr_Clear();
  return static_cast<int>(old);
}

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

// Sees to it that signals are told to the watcher. An asyncio loop may take the descriptor away in
// between, so it is set anew from time to time; if somebody else's stands there, it stays.
bool TakeWakeupFd() {
  constexpr int64_t kSetAnewAfter = 200'000'000;
  static bool ours = false;
  const int64_t now = NowNs();
  if (g_set_at != 0 && now - g_set_at < kSetAnewAfter) return ours;
  g_set_at = now;
  const int before = SetWakeupFd(g_pipe[1]);
  ours = before == -1 || before == g_pipe[1];
  if (!ours) SetWakeupFd(before);
  return ours;
}

// Makes the pipe and its reader at the first wait. False when the system has no more of them.
bool StartWatcher() {
  if (g_pipe[0] >= 0) return true;
  // Python writes from a signal handler, which must not block.
  if (pipe2(g_pipe, O_CLOEXEC) != 0) return false;
  fcntl(g_pipe[1], F_SETFL, O_NONBLOCK);
  // Signals are the main thread's: the watcher takes none.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread(Watcher, g_pipe[0]).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return true;
}

}  // namespace

void SetMainThread(unsigned long ident) { g_main_thread.store(ident); }

bool OnMainThread() { return PyThread_get_thread_ident() == g_main_thread.load(); }

InterruptibleWait::InterruptibleWait(polycall_call* call) {
  if (!OnMainThread() || !StartWatcher() || !TakeWakeupFd()) return;
  active_ = true;
  g_interrupted.store(false);
  if (call != nullptr) Watch(call);
}

void InterruptibleWait::Watch(polycall_call* call) {
  if (!active_) return;
  polycall_call_retain(call);
  if (polycall_call* before = g_watched.exchange(call)) polycall_call_release(before);
  // A signal that came before there was a call to cancel.
  if (g_interrupted.load()) {
    if (polycall_call* taken = g_watched.exchange(nullptr)) Cancel(taken);
  }
}

void InterruptibleWait::StopWatching() {
  if (!active_) return;
  active_ = false;
  if (polycall_call* call = g_watched.exchange(nullptr)) polycall_call_release(call);
  while (g_watcher_busy.load()) std::this_thread::yield();  // the call's channel may go after this
}

bool InterruptibleWait::Raised() {
  if (!active_) return false;
  StopWatching();
  return g_interrupted.load() && PyErr_CheckSignals() != 0;
}

InterruptibleWait::~InterruptibleWait() { StopWatching(); }

void InterruptAfterFork() {
  SetMainThread(PyThread_get_thread_ident());
  if (g_pipe[0] >= 0) {
    // The pipe is the parent's too: a signal of the child's is none of its watcher's business.
    const int before = SetWakeupFd(-1);
    if (before != g_pipe[1] && before != -1) SetWakeupFd(before);
    for (int& fd : g_pipe) {
      close(fd);
      fd = -1;
    }
  }
  g_set_at = 0;
  g_watched.store(nullptr);
  g_watcher_busy.store(false);
}

}  // namespace polycall_python
