// "did you mean": the nearest of the names that exist.
#ifndef POLYCALL_CLI_SUGGESTION_H_
#define POLYCALL_CLI_SUGGESTION_H_

#include <string>
#include <string_view>
#include <vector>

namespace polycall::cli {

// The entry of `known` that `name` was probably meant to be; empty when none is near.
std::string Nearest(std::string_view name, const std::vector<std::string>& known);

// "; did you mean Add?", or "; there is Add, Sum" (at most a few), or nothing when `known` is empty.
// To be appended to a sentence that says what does not exist.
std::string Suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_SUGGESTION_H_
