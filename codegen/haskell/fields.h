// What generated code says of one slot of a record: a field, or a oneof.
#ifndef POLYCALL_CODEGEN_HASKELL_FIELDS_H_
#define POLYCALL_CODEGEN_HASKELL_FIELDS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "codegen/haskell/naming.h"
#include "codegen/model/model.h"

namespace polycall::codegen::haskell {

// Expressions of one slot. `size` and `poke` are of the variable that stands for the value.
struct Slot {
  std::string name;  // the record's field
  std::string type;  // as an argument of a strict field: "!W.Int32", "!(W.Maybe W.Text)"
  std::string plain_type;
  std::string initial;                                    // of the record
  std::string unset;                                      // what the slot holds before
  std::vector<std::pair<uint32_t, std::string>> parsers;  // tag, parser
  std::string build;
  std::vector<std::string> size;  // lines
  std::vector<std::string> poke;
  int32_t number = 0;                   // the order of writing
  const model::Field* field = nullptr;  // or
  const model::Oneof* oneof = nullptr;
};

// The slots of a message in declaration order. `variables[i]` names the value of slot i.
std::vector<Slot> Slots(const model::Message& message, Names* names);

// "f3": the variable of slot `index` (from 0).
std::string Variable(size_t index);

// The Haskell type of one value: "W.Int32", "Inner".
std::string ValueType(const model::Field& field, Names* names);

// The definition of a map field's entry, below the instance.
std::vector<std::string> EntryDefinition(const model::Field& field, Names* names);

}  // namespace polycall::codegen::haskell

#endif  // POLYCALL_CODEGEN_HASKELL_FIELDS_H_
