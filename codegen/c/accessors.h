// The helpers of single fields: set_x, mutable_x, add_x, get_x, put_x.
#ifndef POLYCALL_CODEGEN_C_ACCESSORS_H_
#define POLYCALL_CODEGEN_C_ACCESSORS_H_

#include "codegen/c/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::c {

void DeclareAccessors(Writer* w, const model::Message& message, Names* names);
void DefineAccessors(Writer* w, const model::Message& message, Names* names);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_ACCESSORS_H_
