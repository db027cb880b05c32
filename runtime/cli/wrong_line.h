// What to say of a command line that CLI11 refuses.
#ifndef POLYCALL_CLI_WRONG_LINE_H_
#define POLYCALL_CLI_WRONG_LINE_H_

#include <CLI/CLI.hpp>
#include <string>

namespace polycall::cli {

// A sentence; for an option that `command` does not have, with the one that was probably meant.
std::string WhatIsWrong(const CLI::ParseError& error, const CLI::App& command);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_WRONG_LINE_H_
