#ifndef POLYCALL_CODEGEN_MODEL_FINGERPRINT_H_
#define POLYCALL_CODEGEN_MODEL_FINGERPRINT_H_

#include <cstdint>
#include <string>

#include "codegen/model/model.h"

namespace polycall::codegen::model {

// What two ends must agree on, as text: the service, its methods, and every message and enum that
// they reach, in an order that moving declarations about does not change. Comments, options that do
// not change the wire, file names and languages' options are not in it.
std::string CanonicalText(const Service& service);

// 64-bit FNV-1a of the canonical text; never 0, which means "unknown".
uint64_t Fingerprint(const Service& service);

}  // namespace polycall::codegen::model

#endif  // POLYCALL_CODEGEN_MODEL_FINGERPRINT_H_
