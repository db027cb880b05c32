#ifndef POLYCALL_CODEGEN_PLUGIN_EMITTERS_H_
#define POLYCALL_CODEGEN_PLUGIN_EMITTERS_H_

#include <vector>

#include "codegen/model/emitter.h"

namespace polycall::codegen {

// Every language that the plugin can generate. The steps to add one are in model/emitter.h.
const std::vector<Emitter>& Emitters();

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_PLUGIN_EMITTERS_H_
