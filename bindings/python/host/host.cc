// The Python host: boots CPython, unless this process is a Python program, and hands modules to
// polycall/_host.py, which does what is better done in Python.
#include "polycall/host.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "interpreter.h"

namespace polycall_python_host {
namespace {

// How long the end of the process waits for Python to flush and to run its atexit functions.
constexpr auto kExitPatience = std::chrono::seconds(3);

// Filled by Start, which runs before everything else. Never changed after it.
Python g_python;

polycall_code Fail(polycall_status* status, polycall_code code, const std::string& message) {
  polycall_status_set(status, code, message.c_str(), nullptr, 0);
  return code;
}

// Which program this is decides where Python looks for its packages: those of a virtual environment
// that is active, else of the interpreter that PolyCall was built for.
void SetProgramName() {
  std::string program = POLYCALL_PYTHON_EXECUTABLE;
  if (const char* environment = getenv("VIRTUAL_ENV")) {
    const std::string own = std::string(environment) + "/bin/python3";
    if (access(own.c_str(), X_OK) == 0) program = own;
  }
  if (access(program.c_str(), X_OK) != 0) return;
  // Python keeps the pointer.
  if (const wchar_t* name = g_python.Py_DecodeLocale(program.c_str(), nullptr)) {
    g_python.Py_SetProgramName(name);
  }
}

// The interpreter itself is not ended: threads of other languages may be in it.
void AtExit() {
  struct State {
    std::mutex mutex;
    std::condition_variable done;
    bool finished = false;
  };
  // On a thread of its own, because a handler that never gives up the GIL must not keep the process
  // from ending.
  const auto state = std::make_shared<State>();
  std::thread([state] {
    {
      const Gil gil(g_python);
      const Ref module(g_python, g_python.PyImport_ImportModule("polycall._host"));
      const Ref result(
          g_python,
          module ? g_python.PyObject_CallMethod(module.get(), "at_exit", nullptr) : nullptr);
      g_python.PyErr_Clear();
    }
    const std::lock_guard<std::mutex> lock(state->mutex);
    state->finished = true;
    state->done.notify_all();
  }).detach();
  std::unique_lock<std::mutex> lock(state->mutex);
  state->done.wait_for(lock, kExitPatience, [&] { return state->finished; });
}

// The package: as Python finds it, else beside the host. With the GIL.
bool ImportPackage(const std::string& directory, std::string* error) {
  const auto import = [] { return g_python.PyImport_ImportModule("polycall._host"); };
  if (const Ref module(g_python, import()); module) return true;
  *error = TakeException(g_python);
  // An installed tree has it in lib/polycall/python, the build's in build/.../python.
  for (const std::string& place : {directory + "/python", directory + "/../../python"}) {
    if (access((place + "/polycall/__init__.py").c_str(), R_OK) != 0) continue;
    const Ref text(g_python, g_python.PyUnicode_FromString(place.c_str()));
    Object* path = g_python.PySys_GetObject("path");
    if (!text || path == nullptr || g_python.PyList_Append(path, text.get()) != 0) continue;
    if (const Ref module(g_python, import()); module) return true;
    *error = TakeException(g_python);
  }
  return false;
}

polycall_code Start(const polycall_host_start* start, polycall_status* status) {
  std::string error;
  if (!FindPython(&g_python, &error)) {
    return Fail(status, POLYCALL_FAILED_PRECONDITION, "cannot start Python: " + error);
  }
  if (g_python.Py_IsInitialized() == 0) {
    SetProgramName();
    g_python.Py_InitializeEx(0);  // signals stay the program's
    g_python.PyEval_SaveThread();
    atexit(AtExit);
  }
  const Gil gil(g_python);
  if (!ImportPackage(start->directory, &error)) {
    return Fail(status, POLYCALL_FAILED_PRECONDITION,
                "Python runs but cannot import the package polycall: " + error +
                    "; put its folder on PYTHONPATH");
  }
  return POLYCALL_OK;
}

// What polycall._host.load gave back: None, or (code, message, details).
polycall_code ReadFailure(Object* failure, polycall_status* status) {
  Object* code = g_python.PyTuple_GetItem(failure, 0);
  if (code == nullptr) {
    g_python.PyErr_Clear();
    return POLYCALL_OK;
  }
  const auto number = static_cast<polycall_code>(g_python.PyLong_AsLong(code));
  const char* message = g_python.PyUnicode_AsUTF8(g_python.PyTuple_GetItem(failure, 1));
  char* details = nullptr;
  ptrdiff_t size = 0;
  g_python.PyBytes_AsStringAndSize(g_python.PyTuple_GetItem(failure, 2), &details, &size);
  g_python.PyErr_Clear();  // a message with lone surrogates has no UTF-8; the code says enough
  polycall_status_set(status, number, message, details, static_cast<size_t>(size));
  return number;
}

polycall_code Load(const char* module, polycall_server* server, polycall_status* status) {
  const Gil gil(g_python);
  const Ref host(g_python, g_python.PyImport_ImportModule("polycall._host"));
  const Ref failure(g_python,
                    host ? g_python.PyObject_CallMethod(
                               host.get(), "load", "sK", module,
                               static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(server)))
                         : nullptr);
  if (!failure) {
    return Fail(status, POLYCALL_INTERNAL, "polycall._host: " + TakeException(g_python));
  }
  return ReadFailure(failure.get(), status);
}

}  // namespace
}  // namespace polycall_python_host

extern "C" POLYCALL_API const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_module module = {sizeof(module),
                                              POLYCALL_HOST_ABI_VERSION,
                                              0,
                                              "python",
                                              "cpython",
                                              nullptr,
                                              0,
                                              polycall_python_host::Start,
                                              polycall_python_host::Load};
  return &module;
}
