#ifndef POLYCALL_CODEGEN_HASKELL_EMIT_H_
#define POLYCALL_CODEGEN_HASKELL_EMIT_H_

#include "codegen/model/emitter.h"
#include "codegen/model/model.h"

namespace polycall::codegen {

// Emits what `file` declares for this language; what it cannot express is refused in `output`.
void EmitHaskell(const model::File& file, const Options& options, Output* output);

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_HASKELL_EMIT_H_
