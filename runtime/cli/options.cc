#include "options.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base64.h"
#include "failure.h"

namespace polycall::cli {
int64_t ParseDuration(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double number = strtod(copy.c_str(), &end);
  const std::string_view unit(end);
  double scale = 0;
  if (unit == "ns") scale = 1;
  if (unit == "us") scale = 1e3;
  if (unit == "ms") scale = 1e6;
  if (unit == "s" || unit.empty()) scale = 1e9;
  if (unit == "m") scale = 60e9;
  if (unit == "h") scale = 3600e9;
  const double ns = number * scale;
  if (end == copy.c_str() || scale == 0 || !std::isfinite(ns) || ns < 1 || ns > 9e18) {
    throw Failure(ExitCode::kUsage, "\"" + copy +
                                        "\" is no duration above 0; write it as 500ms, 2s or 1.5m "
                                        "(a number alone is seconds)");
  }
  return static_cast<int64_t>(ns);
}

std::pair<std::string, std::string> ParseMetadata(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw Failure(ExitCode::kUsage,
                  "\"" + std::string(text) + "\" is no metadata; write it as key:value");
  }
  const std::string key(text.substr(0, colon));
  std::string_view value = text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (!key.ends_with("-bin")) return {key, std::string(value)};
  std::string bytes;
  if (!DecodeBase64(value, &bytes)) {
    throw Failure(ExitCode::kUsage,
                  "the value of metadata " + key + " is not base64, as keys that end in -bin need");
  }
  return {key, bytes};
}

std::string FormatDuration(int64_t ns) {
  char text[32];
  const auto value = static_cast<double>(ns);
  if (ns < 1000) {
    snprintf(text, sizeof(text), "%.0f ns", value);
  } else if (ns < 1000000) {
    snprintf(text, sizeof(text), "%.1f us", value / 1e3);
  } else if (ns < 1000000000) {
    snprintf(text, sizeof(text), "%.2f ms", value / 1e6);
  } else {
    snprintf(text, sizeof(text), "%.2f s", value / 1e9);
  }
  return text;
}

}  // namespace polycall::cli
