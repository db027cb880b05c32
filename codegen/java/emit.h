// lang=java: clients and handlers beside protoc's own classes.
#ifndef POLYCALL_CODEGEN_JAVA_EMIT_H_
#define POLYCALL_CODEGEN_JAVA_EMIT_H_

#include "codegen/model/emitter.h"
#include "codegen/model/model.h"

namespace polycall::codegen {

void EmitJava(const model::File& file, const Options& options, Output* output);

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_JAVA_EMIT_H_
