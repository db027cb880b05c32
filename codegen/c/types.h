// The C types of fields, and how a table describes them.
#ifndef POLYCALL_CODEGEN_C_TYPES_H_
#define POLYCALL_CODEGEN_C_TYPES_H_

#include <string>
#include <vector>

#include "codegen/c/naming.h"
#include "codegen/model/model.h"

namespace polycall::codegen::c {

// The type of one value: "int32_t", "polycall_string", "calc_v1_Item" (of a submessage: the struct).
std::string ValueType(const model::Field& field, Names* names);

// The type of the struct's member: an array, a map, a pointer for a submessage, else ValueType.
std::string MemberType(const model::Field& field, Names* names);

// "POLYCALL_FIELD_INT32".
std::string FieldTypeConstant(const model::Field& field);

// The fields that the struct has, by number.
std::vector<const model::Field*> FieldsByNumber(const model::Message& message);

// The fields of a oneof that the struct has.
std::vector<const model::Field*> EmittedFields(const model::Oneof& oneof);

// Whether the default is not "all bytes zero".
bool HasNonZeroDefault(const model::Field& field);

// "calc/v1/calc.polycall.h".
std::string HeaderName(const model::File& file);

}  // namespace polycall::codegen::c

#endif  // POLYCALL_CODEGEN_C_TYPES_H_
