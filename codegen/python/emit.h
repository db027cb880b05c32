#ifndef POLYCALL_CODEGEN_PYTHON_EMIT_H_
#define POLYCALL_CODEGEN_PYTHON_EMIT_H_

#include "codegen/model/emitter.h"
#include "codegen/model/model.h"

namespace polycall::codegen {

// One module for `file`, "calc/v1/calc_polycall.py": clients and handlers of its services. The
// messages are protoc's own, in calc_pb2.py.
void EmitPython(const model::File& file, const Options& options, Output* output);

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_PYTHON_EMIT_H_
