// Enums and messages: what the header declares of them, and their tables and functions.
#ifndef POLYCALL_CODEGEN_C_MESSAGES_H_
#define POLYCALL_CODEGEN_C_MESSAGES_H_

#include <string>
#include <vector>

#include "codegen/c/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::c {

// All messages of the file in declaration order, map entries included, each behind its parent.
std::vector<const model::Message*> AllMessages(const model::File& file);

// All enums of the file.
std::vector<const model::Enum*> AllEnums(const model::File& file);

// The header's part: enums, type names, structs, functions.
void DeclareMessages(Writer* w, const model::File& file, Names* names);

// The source's part: the tables and the functions.
void DefineMessages(Writer* w, const model::File& file, Names* names);

// A function that every message has: head(parameters) { call(arguments)tail }
struct CommonFunction {
  std::string head;
  std::vector<std::string> parameters;
  std::string call;
  std::vector<std::string> arguments;
  std::string tail;
};

std::vector<CommonFunction> CommonFunctions(const model::Message& message, Names* names);

// Whether the source needs math.h for a default.
bool NeedsMath(const model::File& file);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_MESSAGES_H_
