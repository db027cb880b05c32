#include "suggestion.h"

#include <algorithm>
#include <cctype>

namespace polycall::cli {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Insertions, deletions, replacements and swaps of neighbours that make `a` of `b`.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// People leave prefixes out: "Calc" is meant to be "calc.v1.Calc", "RED" to be "COLOR_RED".
bool IsLastPart(std::string_view name, std::string_view known) {
  if (name.empty() || known.size() <= name.size() || !known.ends_with(name)) return false;
  const char before = known[known.size() - name.size() - 1];
  return before == '.' || before == '/' || before == '_';
}

}  // namespace

std::string Nearest(std::string_view name, const std::vector<std::string>& known) {
  const std::string wanted = Lower(name);
  std::string nearest;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::string lower = Lower(candidate);
    const size_t distance = IsLastPart(wanted, lower) ? 0 : Distance(wanted, lower);
    // A name of which nothing is left is no suggestion.
    if (distance < least && distance < candidate.size()) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Suggestion(std::string_view name, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(name, known);
  if (!nearest.empty()) return "; did you mean " + nearest + "?";
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < known.size() && i < kShown; ++i) {
    text += (i == 0 ? "; there is " : ", ") + known[i];
  }
  if (known.size() > kShown) text += ", ...";
  return text;
}

}  // namespace polycall::cli
