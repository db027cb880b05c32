// Where JSON does not fit a message type, and why, in words that help. What this lets pass protobuf's
// own parser still judges.
#ifndef POLYCALL_CLI_JSON_MISMATCH_H_
#define POLYCALL_CLI_JSON_MISMATCH_H_

#include <google/protobuf/descriptor.h>

#include "json_text.h"

namespace polycall::cli {

// True with the first place and reason, as `no field "aa" in calc.v1.AddRequest; did you mean a?`.
bool FindMismatch(const JsonValue& value, const google::protobuf::Descriptor& type,
                  JsonError* error);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_JSON_MISMATCH_H_
