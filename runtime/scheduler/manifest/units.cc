#include "manifest/units.h"

#include <charconv>
#include <cmath>
#include <iterator>
#include <span>

namespace polycall::scheduler {
namespace {

struct NamedUnit {
  std::string_view name;
  double size;
};

constexpr NamedUnit kByteUnits[] = {{"B", 1},           {"kB", 1e3},   {"MB", 1e6},
                                    {"GB", 1e9},        {"KiB", 1024}, {"MiB", 1048576},
                                    {"GiB", 1073741824}};
constexpr NamedUnit kTimeUnits[] = {{"ns", 1},  {"us", 1e3},   {"ms", 1e6},
                                    {"s", 1e9}, {"min", 6e10}, {"h", 3.6e12}};

std::optional<int64_t> Parse(std::string_view text, std::span<const NamedUnit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number < 0) {
    return std::nullopt;
  }
  std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  for (const NamedUnit& unit : units) {
    if (unit.name == rest) {
      const double value = number * unit.size;
      if (value >= 9.2e18) {
        return std::nullopt;
      }
      return std::llround(value);
    }
  }
  return std::nullopt;
}

// The largest unit of which `value` is a whole number.
std::string Format(int64_t value, std::span<const NamedUnit> units) {
  const NamedUnit* best = &units.front();
  for (const NamedUnit& unit : units) {
    const auto size = static_cast<int64_t>(unit.size);
    if (value != 0 && value % size == 0 && unit.size > best->size) {
      best = &unit;
    }
  }
  return std::to_string(value / static_cast<int64_t>(best->size)) + " " + std::string(best->name);
}

}  // namespace

std::optional<int64_t> ParseBytes(std::string_view text) { return Parse(text, kByteUnits); }

std::optional<int64_t> ParseDuration(std::string_view text) { return Parse(text, kTimeUnits); }

std::string FormatBytes(int64_t bytes) { return Format(bytes, kByteUnits); }

std::string FormatDuration(int64_t nanoseconds) { return Format(nanoseconds, kTimeUnits); }

}  // namespace polycall::scheduler
