// Standard output and error.
#ifndef POLYCALL_CLI_OUTPUT_H_
#define POLYCALL_CLI_OUTPUT_H_

#include <string_view>

#include "failure.h"
#include "options.h"

namespace polycall::cli {

// A line to standard output, at once. Throws Failure when it cannot be written.
void PrintLine(std::string_view line);

// What went wrong, to standard error: for people, or one JSON object with --json.
void PrintFailure(const Failure& failure, const Options& options);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_OUTPUT_H_
