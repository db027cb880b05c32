#include "gil.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace polycall_python {
namespace {

std::atomic<bool> g_alive{false};
std::atomic<int> g_upcalls{0};

// Counts this thread in if the interpreter still takes callers. The order of the two steps is what
// lets InterpreterEnds() wait for everyone who got in.
bool Enter() {
  g_upcalls.fetch_add(1);
  if (g_alive.load()) return true;
  g_upcalls.fetch_sub(1);
  return false;
}

void Leave() { g_upcalls.fetch_sub(1); }

// References that wait for somebody with the GIL.
struct Leftover {
  PyObject* object;
  Leftover* next;
};
std::atomic<Leftover*> g_leftovers{nullptr};

// The sticky thread state of a thread that Python did not make: one PyGILState_Ensure that is not
// released until the thread ends.
class Attachment {
 public:
  ~Attachment() { Detach(); }

  // Called without the GIL, inside Enter/Leave.
  void Attach() {
    if (state_ != nullptr || PyGILState_GetThisThreadState() != nullptr) return;
    OrHang([this] {
      first_ = PyGILState_Ensure();
      state_ = PyEval_SaveThread();
    });
  }

  void Detach() {
    if (state_ == nullptr) return;
    PyThreadState* state = std::exchange(state_, nullptr);
    if (!Enter()) return;  // the interpreter's end has freed it, or will
    OrHang([&] {
      PyEval_RestoreThread(state);
      PyGILState_Release(first_);
    });
    Leave();
  }

 private:
  PyThreadState* state_ = nullptr;
  PyGILState_STATE first_ = PyGILState_UNLOCKED;
};

thread_local Attachment t_attachment;

}  // namespace

thread_local int CallbackScope::depth_ = 0;

void DecrefSomewhere(PyObject* object) {
  if (!g_alive.load()) return;
  if (PyGILState_Check() != 0) {
    Py_DECREF(object);
    return;
  }
  auto* leftover = new Leftover{object, g_leftovers.load(std::memory_order_relaxed)};
  while (!g_leftovers.compare_exchange_weak(leftover->next, leftover, std::memory_order_release,
                                            std::memory_order_relaxed)) {
  }
  // In an idle program the main thread does it.
  if (leftover->next == nullptr) {
    Py_AddPendingCall(
        [](void*) {
          DecrefWhatIsLeft();
          return 0;
        },
        nullptr);
  }
}

void DecrefWhatIsLeft() {
  Leftover* leftover = g_leftovers.exchange(nullptr, std::memory_order_acquire);
  while (leftover != nullptr) {
    Leftover* next = leftover->next;
    Py_DECREF(leftover->object);
    delete leftover;
    leftover = next;
  }
}

bool IsAnythingLeft() { return g_leftovers.load(std::memory_order_relaxed) != nullptr; }

void HangThread() {
  for (;;) pause();
}

Upcall::Upcall() : entered_(Enter()) {
  if (!entered_) return;
  t_attachment.Attach();
  OrHang([this] { state_ = PyGILState_Ensure(); });
  if (IsAnythingLeft()) DecrefWhatIsLeft();
}

Upcall::~Upcall() {
  if (!entered_) return;
  PyGILState_Release(state_);
  Leave();
}

void FreeWithoutGil(void (*free)(void* handle), void* handle) {
  if (CallbackScope::Inside()) {
    std::thread([free, handle] { free(handle); }).detach();
    return;
  }
  GilRelease released;
  free(handle);
}

bool InterpreterAlive() { return g_alive.load(); }

void InterpreterStarts() { g_alive.store(true); }

void InterpreterEnds() {
  g_alive.store(false);
  GilRelease released;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (g_upcalls.load() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void AfterForkInChild() { g_upcalls.store(0); }

const polycall_thread_hook* ThreadHook() {
  static const polycall_thread_hook* hook = polycall_thread_hook_new(
      [](void*) -> void* {
        if (Enter()) {
          t_attachment.Attach();
          Leave();
        }
        return nullptr;
      },
      [](void*, void*) { t_attachment.Detach(); }, nullptr);
  return hook;
}

}  // namespace polycall_python
