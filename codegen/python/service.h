// The classes of one service: two clients, two bases for handlers, and the table they share.
#ifndef POLYCALL_CODEGEN_PYTHON_SERVICE_H_
#define POLYCALL_CODEGEN_PYTHON_SERVICE_H_

#include "codegen/model/model.h"
#include "codegen/python/naming.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::python {

void WriteDescriptor(const model::Service& service, const ModuleNames& names, Writer* writer);
void WriteClient(const model::Service& service, const ModuleNames& names, Writer* writer);
void WriteAsyncClient(const model::Service& service, const ModuleNames& names, Writer* writer);
void WriteService(const model::Service& service, const ModuleNames& names, Writer* writer);
void WriteAsyncService(const model::Service& service, const ModuleNames& names, Writer* writer);

}  // namespace polycall::codegen::python

#endif  // POLYCALL_CODEGEN_PYTHON_SERVICE_H_
