#ifndef POLYCALL_CODEGEN_LISP_SERVICES_H_
#define POLYCALL_CODEGEN_LISP_SERVICES_H_

#include "codegen/lisp/types.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::lisp {

// A define-service form: client, service class and the handlers' generic functions.
void WriteService(const model::Service& service, const Types& types, Writer* writer);

// The file's descriptors, for the services' descriptions.
void WriteDescriptorSet(const model::File& file, Writer* writer);

}  // namespace polycall::codegen::lisp

#endif  // POLYCALL_CODEGEN_LISP_SERVICES_H_
