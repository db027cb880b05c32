// The four classes of one service.
#ifndef POLYCALL_CODEGEN_JAVA_SERVICE_H_
#define POLYCALL_CODEGEN_JAVA_SERVICE_H_

#include <string>

#include "codegen/java/imports.h"
#include "codegen/java/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::java {

// One class that is being written.
struct ClassWriter {
  const model::Service& service;
  const ClassNames::Service& classes;
  const ServiceNames& names;
  Imports& imports;
  Writer& writer;
};

// `head`, the parameters and `tail` on one line, or one parameter a line.
void WriteSignature(const std::string& head, const std::vector<std::string>& parameters,
                    const std::string& tail, Writer* writer);

// "@Deprecated" and "@SuppressWarnings" where the class needs them.
void WriteAnnotations(const ClassWriter& to);

void WriteClient(const ClassWriter& to);
void WriteAsyncClient(const ClassWriter& to);
void WriteService(const ClassWriter& to);
void WriteAsyncService(const ClassWriter& to);

}  // namespace polycall::codegen::java

#endif  // POLYCALL_CODEGEN_JAVA_SERVICE_H_
