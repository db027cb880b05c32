#ifndef POLYCALL_CODEGEN_CPP_SERVICE_H_
#define POLYCALL_CODEGEN_CPP_SERVICE_H_

#include "codegen/cpp/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::cpp {

// The class of one service: its client and its three styles of handlers.
void WriteService(const model::Service& service, Writer* writer);

// The definition of its Descriptor(), below the classes because it is nothing to read.
void WriteDescriptor(const model::Service& service, Writer* writer);

// The parts of the class.
void WriteClient(const model::Service& service, const ServiceNames& names, Writer* writer);
void WriteHandlerClasses(const model::Service& service, const ServiceNames& names, Writer* writer);

}  // namespace polycall::codegen::cpp

#endif  // POLYCALL_CODEGEN_CPP_SERVICE_H_
