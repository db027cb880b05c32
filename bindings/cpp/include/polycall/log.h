// The runtime's log lines.
#ifndef POLYCALL_LOG_H_
#define POLYCALL_LOG_H_

#include <polycall/polycall.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace polycall {

enum class LogLevel {
  kDebug = POLYCALL_LOG_DEBUG,
  kInfo = POLYCALL_LOG_INFO,
  kWarning = POLYCALL_LOG_WARNING,
  kError = POLYCALL_LOG_ERROR,
  kNone = POLYCALL_LOG_NONE,
};

// Lines of at least `level` go to standard error; for the whole process. At start the level is kWarning,
// or what the environment's POLYCALL_LOG says.
inline void SetLogLevel(LogLevel level) {
  polycall_log_set(static_cast<polycall_log_level>(level), nullptr, nullptr);
}

// Lines of at least `level` go to `sink`, from any thread and from several at once; for the whole
// process. The text is borrowed. A line that `sink` throws at goes to standard error. `sink` is never
// freed, because a thread may be inside it when it is replaced: set few.
inline void SetLog(LogLevel level,
                   std::function<void(LogLevel level, std::string_view text)> sink) {
  using Sink = std::function<void(LogLevel, std::string_view)>;
  auto kept = std::make_unique<Sink>(std::move(sink));
  polycall_log_set(
      static_cast<polycall_log_level>(level),
      [](void* arg, polycall_log_level of, const char* text) {
        try {
          (*static_cast<Sink*>(arg))(static_cast<LogLevel>(of), text);
        } catch (...) {
          std::fprintf(stderr, "polycall: %s\n", text);
        }
      },
      kept.release());
}

}  // namespace polycall

#endif  // POLYCALL_LOG_H_
