#ifndef POLYCALL_CODEGEN_PLUGIN_PARAMETERS_H_
#define POLYCALL_CODEGEN_PLUGIN_PARAMETERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "codegen/model/emitter.h"

namespace polycall::codegen {

// What stands before the colon in `protoc --polycall_out=lang=cpp,key=value:out`.
struct Parameters {
  const Emitter* emitter = nullptr;
  Options options;
  std::string error;  // what was wrong and what would be right; empty: nothing was
};

Parameters ParseParameters(std::string_view text, const std::vector<Emitter>& emitters);

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_PLUGIN_PARAMETERS_H_
