#include "codegen/c/emit.h"

namespace polycall::codegen {

void EmitC(const model::File& file, const Options& options, Output* output) {
  output->Refuse(file.name, "this language cannot be generated yet");
}

}  // namespace polycall::codegen
