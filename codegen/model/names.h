// Case conversion that all languages share. Each language's own rules (keywords, prefixes) are in
// its naming.h.
#ifndef POLYCALL_CODEGEN_MODEL_NAMES_H_
#define POLYCALL_CODEGEN_MODEL_NAMES_H_

#include <string>
#include <string_view>
#include <vector>

namespace polycall::codegen {

// The words of a name: "HTTPServer2_port" -> {"HTTP", "Server2", "port"}.
std::vector<std::string> Words(std::string_view name);

std::string SnakeCase(std::string_view name);       // "GetHTTPPage" -> "get_http_page"
std::string UpperSnakeCase(std::string_view name);  // "GetHTTPPage" -> "GET_HTTP_PAGE"
std::string CamelCase(std::string_view name);       // "get_http_page" -> "GetHttpPage"
std::string LowerCamelCase(std::string_view name);  // "get_http_page" -> "getHttpPage"
std::string KebabCase(std::string_view name);       // "GetHTTPPage" -> "get-http-page"

// The parts of a dotted name; none for "".
std::vector<std::string> SplitDots(std::string_view name);

std::string Replace(std::string_view text, std::string_view from, std::string_view to);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_MODEL_NAMES_H_
