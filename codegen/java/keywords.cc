#include "codegen/java/keywords.h"

#include <algorithm>
#include <array>

namespace polycall::codegen::java {
namespace {

// Sorted. The keywords and literals of Java 17; contextual ones (var, record, yield) may be names of
// functions that are always called with an object before them.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "_",       "abstract",  "assert",       "boolean",  "break",      "byte",    "case",
    "catch",   "char",      "class",        "const",    "continue",   "default", "do",
    "double",  "else",      "enum",         "extends",  "false",      "final",   "finally",
    "float",   "for",       "goto",         "if",       "implements", "import",  "instanceof",
    "int",     "interface", "long",         "native",   "new",        "null",    "package",
    "private", "protected", "public",       "return",   "short",      "static",  "strictfp",
    "super",   "switch",    "synchronized", "this",     "throw",      "throws",  "transient",
    "true",    "try",       "void",         "volatile", "while",
});

constexpr auto kObjectMethods = std::to_array<std::string_view>({
    "clone",
    "equals",
    "finalize",
    "getClass",
    "hashCode",
    "notify",
    "notifyAll",
    "toString",
    "wait",
});

}  // namespace

bool IsKeyword(std::string_view name) {
  return std::binary_search(kKeywords.begin(), kKeywords.end(), name);
}

bool IsObjectMethod(std::string_view name) {
  return std::binary_search(kObjectMethods.begin(), kObjectMethods.end(), name);
}

}  // namespace polycall::codegen::java
