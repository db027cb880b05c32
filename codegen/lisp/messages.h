#ifndef POLYCALL_CODEGEN_LISP_MESSAGES_H_
#define POLYCALL_CODEGEN_LISP_MESSAGES_H_

#include "codegen/lisp/types.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::lisp {

// A define-enum form.
void WriteEnum(const model::Enum& enumeration, const Types& types, Writer* writer);

// A define-message form, after those of the types that are nested in it.
void WriteMessage(const model::Message& message, const Types& types, Writer* writer);

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_MESSAGES_H_
