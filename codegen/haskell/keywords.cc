#include "codegen/haskell/keywords.h"

#include <algorithm>
#include <iterator>

namespace polycall::codegen::haskell {
namespace {

constexpr std::string_view kKeywords[] = {
    "case",    "class",    "data", "default", "deriving", "do",      "else",
    "forall",  "foreign",  "if",   "import",  "in",       "infix",   "infixl",
    "infixr",  "instance", "let",  "mdo",     "module",   "newtype", "of",
    "pattern", "proc",     "rec",  "static",  "then",     "type",    "where",
};

}  // namespace

bool IsKeyword(std::string_view name) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), name) != std::end(kKeywords);
}

}  // namespace polycall::codegen::haskell
