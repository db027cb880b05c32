// polycall._polycall: the native half of the package. Its Python half is the public API.
#include <pybind11/pybind11.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "bind.h"
#include "call.h"
#include "context.h"
#include "gil.h"
#include "interceptor.h"
#include "interrupt.h"
#include "log.h"
#include "method.h"
#include "polycall/host.h"
#include "python_types.h"
#include "server.h"
#include "status.h"

namespace py = pybind11;

namespace polycall_python {
namespace {

// How long the interpreter's exit waits for handlers that are still running.
constexpr auto kExitPatience = std::chrono::seconds(2);

void SetPythonTypes(const py::dict& types) {
  const auto take = [&](const char* name) {
    return py::object(types[name]).release().ptr();  // kept for good
  };
  PythonTypes& all = Types();
  all.status_error = take("StatusError");
  all.status_error_make = take("make_status_error");
  all.status_make = take("make_status");
  all.metadata = take("Metadata");
  all.identity_make = take("make_identity");
  all.current_call = take("current_call");
  all.handler_failed = take("handler_failed");
  all.set_wakeup_fd = take("set_wakeup_fd");
  SetMainThread(py::cast<unsigned long>(types["main_thread"]));
}

// The interpreter is about to end: no handler of Python's may run after this. Servers are shut down
// but not freed, because a handler that never returns must not keep the process alive.
void AtExit() {
  if (!InterpreterAlive()) return;
  CloseAllChannels();
  struct State {
    std::mutex mutex;
    std::condition_variable done;
    bool finished = false;
  };
  const auto state = std::make_shared<State>();
  const std::vector<polycall_server*> servers = AllServers();
  if (!servers.empty()) {
    GilRelease released;
    std::thread([state, servers] {
      for (polycall_server* server : servers) polycall_server_shutdown(server, 0);
      const std::lock_guard<std::mutex> lock(state->mutex);
      state->finished = true;
      state->done.notify_all();
    }).detach();
    std::unique_lock<std::mutex> lock(state->mutex);
    state->done.wait_for(lock, kExitPatience, [&] { return state->finished; });
  }
  InterpreterEnds();
}

void AfterFork() {
  AfterForkInChild();
  DisownServers();
  InterruptAfterFork();
}

}  // namespace
}  // namespace polycall_python

PYBIND11_MODULE(_polycall, module) {
  using namespace polycall_python;
  if (polycall_abi_version() < POLYCALL_ABI_VERSION) {
    throw py::import_error("libpolycall.so has ABI version " +
                           std::to_string(polycall_abi_version()) + "; this package needs " +
                           std::to_string(POLYCALL_ABI_VERSION) + ": install a newer library");
  }
  module.attr("__version__") = polycall_version();
  if (!AddInterceptedCallType(module.ptr()) || !AddMethodType(module.ptr()) ||
      !AddCallTypes(module.ptr()) || !AddContextTypes(module.ptr())) {
    throw py::error_already_set();
  }
  BindLoopQueue(module);
  BindChannel(module);
  BindServer(module);
  BindLog(module);
  module.def("_set_python_types", &SetPythonTypes);
  module.def("_at_exit", &AtExit);
  module.def("_after_fork", &AfterFork);
  // So that a host which cannot share a process with Python is refused.
  Status status;
  if (polycall_host_declare("cpython", nullptr, 0, status.get()) != POLYCALL_OK) {
    throw py::import_error(status.get()->message);
  }
  InterpreterStarts();
}
