#include "codegen/plugin/emitters.h"

#include "codegen/c/emit.h"
#include "codegen/cpp/emit.h"
#include "codegen/haskell/emit.h"
#include "codegen/java/emit.h"
#include "codegen/lisp/emit.h"
#include "codegen/python/emit.h"

namespace polycall::codegen {

const std::vector<Emitter>& Emitters() {
  static const std::vector<Emitter> emitters = {
      {"cpp", {}, EmitCpp},   {"c", {}, EmitC},       {"python", {}, EmitPython},
      {"java", {}, EmitJava}, {"lisp", {}, EmitLisp}, {"haskell", {}, EmitHaskell},
  };
  return emitters;
}

}  // namespace polycall::codegen
