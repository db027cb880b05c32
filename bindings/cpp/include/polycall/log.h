// The runtime's log lines.
#ifndef POLYCALL_LOG_H_
#define POLYCALL_LOG_H_

#include <polycall/polycall.h>

namespace polycall {

enum class LogLevel {
  kDebug = POLYCALL_LOG_DEBUG,
  kInfo = POLYCALL_LOG_INFO,
  kWarning = POLYCALL_LOG_WARNING,
  kError = POLYCALL_LOG_ERROR,
  kNone = POLYCALL_LOG_NONE,
};

// Lines of at least `level` go to standard error; for the whole process.
inline void SetLogLevel(LogLevel level) {
  polycall_log_set(static_cast<polycall_log_level>(level), nullptr, nullptr);
}

}  // namespace polycall

#endif  // POLYCALL_LOG_H_
