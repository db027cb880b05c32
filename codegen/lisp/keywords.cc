#include "codegen/lisp/keywords.h"

#include <algorithm>
#include <array>

namespace polycall::codegen::lisp {

bool IsTakenPackage(std::string_view name) {
  static constexpr std::array<std::string_view, 31> kTaken = {"alexandria",
                                                              "asdf",
                                                              "babel",
                                                              "bordeaux-threads",
                                                              "c",
                                                              "cffi",
                                                              "cl",
                                                              "cl-user",
                                                              "clos",
                                                              "common-lisp",
                                                              "cmp",
                                                              "ext",
                                                              "common-lisp-user",
                                                              "ffi",
                                                              "gray",
                                                              "keyword",
                                                              "loop",
                                                              "mp",
                                                              "polycall",
                                                              "quicklisp",
                                                              "si",
                                                              "sb",
                                                              "sequence",
                                                              "swank",
                                                              "sys",
                                                              "system",
                                                              "trivial-features",
                                                              "uiop",
                                                              "user",
                                                              "walker",
                                                              "ecl"};
  return name.starts_with("sb-") || std::find(kTaken.begin(), kTaken.end(), name) != kTaken.end();
}

}  // namespace polycall::codegen::lisp
