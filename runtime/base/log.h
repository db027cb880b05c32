// The process-wide log: one hook, one level, text lines.
#ifndef POLYCALL_BASE_LOG_H_
#define POLYCALL_BASE_LOG_H_

#include <string_view>

#include "polycall/polycall.h"

namespace polycall::base {

bool LogEnabled(polycall_log_level level);

// Thread-safe; blocks for the hook.
void Log(polycall_log_level level, std::string_view text);

}  // namespace polycall::base

// Builds the text only if somebody wants it.
#define POLYCALL_LOG(level, text)                                                \
  do {                                                                           \
    if (::polycall::base::LogEnabled(level)) ::polycall::base::Log(level, text); \
  } while (0)

#endif  // POLYCALL_BASE_LOG_H_
