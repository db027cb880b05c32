#ifndef POLYCALL_CODEGEN_C_CONFLICTS_H_
#define POLYCALL_CODEGEN_C_CONFLICTS_H_

#include "codegen/c/naming.h"
#include "codegen/model/emitter.h"
#include "codegen/model/model.h"

namespace polycall::codegen::c {

// Refuses what C cannot keep apart: two definitions of different files, of which one imports the other,
// that have the same C name (package "a.b" message "C" and package "a" message "b_C"). Within one file
// names are made different.
void RefuseConflicts(const model::File& file, Names* names, Output* output);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_CONFLICTS_H_
