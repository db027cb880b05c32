#include "codegen/python/keywords.h"

#include <algorithm>
#include <array>

namespace polycall::codegen::python {
namespace {

// Sorted. The hard keywords of Python 3.8 to 3.13; soft ones (match, type) may be names.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
});

}  // namespace

bool IsKeyword(std::string_view name) {
  return std::binary_search(kKeywords.begin(), kKeywords.end(), name);
}

}  // namespace polycall::codegen::python
