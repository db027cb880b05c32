// Lines wait in a bounded queue for one thread of Python's. A thread of the runtime's that logs never waits
// for the GIL: the thread that holds it may wait for what the other is about to do.
#include "log.h"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "gil.h"
#include "polycall/polycall.h"

namespace py = pybind11;

namespace polycall_python {
namespace {

constexpr size_t kMostLines = 1024;

struct Lines {
  std::mutex mutex;
  std::condition_variable come;
  std::deque<std::pair<int, std::string>> waiting;  // guarded by mutex
  uint64_t lost = 0;                                // guarded by mutex
};

// Never freed: threads of the runtime log until the process ends. A child made by fork() gets new ones,
// because nobody takes the parent's there, whose lock may even be held.
std::atomic<Lines*> g_lines{nullptr};
std::atomic<pid_t> g_owner{0};

void Keep(void*, polycall_log_level level, const char* text) {
  if (g_owner.load() != getpid()) {
    std::fprintf(stderr, "polycall: %s\n", text);  // no thread takes lines in this process
    return;
  }
  Lines& lines = *g_lines.load();
  const std::lock_guard<std::mutex> lock(lines.mutex);
  if (lines.waiting.size() >= kMostLines) {
    ++lines.lost;
    return;
  }
  lines.waiting.emplace_back(level, text);
  lines.come.notify_one();
}

void Set(int level, bool to_python) {
  if (to_python && g_owner.load() != getpid()) {
    g_lines = new Lines;
    g_owner = getpid();
  }
  polycall_log_set(static_cast<polycall_log_level>(level), to_python ? Keep : nullptr, nullptr);
}

// The next line, as level and text. Waits for it, without the GIL.
py::tuple Next() {
  std::pair<int, std::string> line;
  {
    const GilRelease released;
    Lines& lines = *g_lines.load();
    std::unique_lock<std::mutex> lock(lines.mutex);
    lines.come.wait(lock, [&] { return !lines.waiting.empty(); });
    line = std::move(lines.waiting.front());
    lines.waiting.pop_front();
    if (const uint64_t lost = std::exchange(lines.lost, 0); lost > 0) {
      lines.waiting.emplace_back(POLYCALL_LOG_WARNING,
                                 std::to_string(lost) + " lines were lost: the log's sink is slow");
    }
  }
  PyObject* text = PyUnicode_DecodeUTF8(line.second.data(),
                                        static_cast<Py_ssize_t>(line.second.size()), "replace");
  if (text == nullptr) throw py::error_already_set();
  return py::make_tuple(line.first, py::reinterpret_steal<py::object>(text));
}

}  // namespace

void BindLog(py::module_& module) {
  module.def("_log_set", &Set);
  module.def("_log_next", &Next);
}

}  // namespace polycall_python
