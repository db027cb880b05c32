// Services: the typed client and the handlers of each.
#ifndef POLYCALL_CODEGEN_HASKELL_SERVICES_H_
#define POLYCALL_CODEGEN_HASKELL_SERVICES_H_

#include <string>
#include <vector>

#include "codegen/haskell/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::haskell {

// What the module exports of them.
std::vector<std::string> ServiceExports(const model::File& file, Names* names);

void WriteServices(Writer* w, const model::File& file, Names* names);

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_SERVICES_H_
