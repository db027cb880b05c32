// Enums and messages: types, instances and the defaults of proto2.
#ifndef POLYCALL_CODEGEN_HASKELL_MESSAGES_H_
#define POLYCALL_CODEGEN_HASKELL_MESSAGES_H_

#include <string>
#include <vector>

#include "codegen/haskell/naming.h"
#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::haskell {

// All messages of the file in declaration order, each behind its parent, without map entries.
std::vector<const model::Message*> AllMessages(const model::File& file);

// All enums of the file.
std::vector<const model::Enum*> AllEnums(const model::File& file);

// What the module exports of them: "AddRequest (..)", "pattern ColourCrimson".
std::vector<std::string> MessageExports(const model::File& file, Names* names);

void WriteMessages(Writer* w, const model::File& file, Names* names);

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_MESSAGES_H_
