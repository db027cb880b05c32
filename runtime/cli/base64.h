// Base64: how metadata values of -bin keys and unknown bytes are shown and typed.
#ifndef POLYCALL_CLI_BASE64_H_
#define POLYCALL_CLI_BASE64_H_

#include <string>
#include <string_view>

namespace polycall::cli {

std::string EncodeBase64(std::string_view bytes);

// Standard alphabet, padding optional. False if `text` is not base64.
bool DecodeBase64(std::string_view text, std::string* out);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_BASE64_H_
