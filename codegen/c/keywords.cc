#include "codegen/c/keywords.h"

#include <algorithm>
#include <iterator>

namespace polycall::codegen::c {
namespace {

constexpr std::string_view kReserved[] = {
    // Macros of the standard headers, and of GNU modes.
    "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "DBL_MAX", "DBL_MIN", "DOMAIN", "EDOM", "EOF", "ERANGE",
    "EXIT_FAILURE", "EXIT_SUCCESS", "FILE", "FLT_MAX", "FLT_MIN", "HUGE_VAL", "I", "INFINITY",
    "INT16_MAX", "INT16_MIN", "INT32_MAX", "INT32_MIN", "INT64_MAX", "INT64_MIN", "INT8_MAX",
    "INT8_MIN", "INT_MAX", "INT_MIN", "LONG_MAX", "LONG_MIN", "NAN", "NULL", "OVERFLOW", "PLOSS",
    "RAND_MAX", "SIG_DFL", "SIG_ERR", "SIG_IGN", "SING", "SIZE_MAX", "TLOSS", "TRUE", "FALSE",
    "UINT16_MAX", "UINT32_MAX", "UINT64_MAX", "UINT8_MAX", "UINT_MAX", "ULONG_MAX", "UNDERFLOW",
    "_Alignas", "_Alignof", "_Atomic", "_Bool", "_Complex", "_Generic", "_Imaginary", "_Noreturn",
    "_Static_assert", "_Thread_local",
    // Keywords of C and C++, and lower-case macros and types.
    "alignas", "alignof", "and", "and_eq", "asm", "assert", "auto", "bitand", "bitor", "bool",
    "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await",
    "co_return", "co_yield", "compl", "complex", "concept", "const", "const_cast", "consteval",
    "constexpr", "constinit", "continue", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "errno", "explicit", "export", "extern", "false", "float",
    "for", "friend", "goto", "i386", "if", "imaginary", "inline", "int", "int16_t", "int32_t",
    "int64_t", "int8_t", "linux", "long", "major", "makedev", "minor", "mutable", "namespace",
    "new", "noexcept", "noreturn", "not", "not_eq", "nullptr", "offsetof", "operator", "or",
    "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires",
    "restrict", "return", "setjmp", "short", "signed", "size_t", "sizeof", "static",
    "static_assert", "static_cast", "stderr", "stdin", "stdout", "struct", "switch", "template",
    "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof",
    "uint16_t", "uint32_t", "uint64_t", "uint8_t", "union", "unix", "unsigned", "using",
    "va_arg", "va_copy", "va_end", "va_start", "virtual", "void", "volatile", "wchar_t", "while",
    "xor", "xor_eq",
};

}  // namespace

bool IsReserved(std::string_view name) {
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

}  // namespace polycall::codegen::c
