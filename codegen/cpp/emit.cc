#include "codegen/cpp/emit.h"

namespace polycall::codegen {

void EmitCpp(const model::File& file, const Options& options, Output* output) {
  output->Refuse(file.name, "this language cannot be generated yet");
}

}  // namespace polycall::codegen
