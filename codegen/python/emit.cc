#include "codegen/python/emit.h"

namespace polycall::codegen {

void EmitPython(const model::File& file, const Options& options, Output* output) {
  output->Refuse(file.name, "this language cannot be generated yet");
}

}  // namespace polycall::codegen
