// Numbers with units, as manifests write them.
#ifndef POLYCALL_SCHEDULER_MANIFEST_UNITS_H_
#define POLYCALL_SCHEDULER_MANIFEST_UNITS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polycall::scheduler {

// "64 MiB", "1.5GB", "512 B" in bytes. Nothing when the text is no number with such a unit, or is
// negative or beyond an int64.
std::optional<int64_t> ParseBytes(std::string_view text);

// "250 ms", "1.5 s", "2 min" in nanoseconds. Nothing as above.
std::optional<int64_t> ParseDuration(std::string_view text);

// The shortest text that ParseBytes or ParseDuration reads as the same number: "64 MiB", "1500 ms".
std::string FormatBytes(int64_t bytes);
std::string FormatDuration(int64_t nanoseconds);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_MANIFEST_UNITS_H_
