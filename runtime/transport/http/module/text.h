// Small texts: JSON strings, HTML, URLs, base64.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_TEXT_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_TEXT_H_

#include <optional>
#include <string>
#include <string_view>

namespace polycall::transport::http {

// With its quotes. Bytes that are no UTF-8 become "?".
std::string JsonString(std::string_view text);
std::string EscapeHtml(std::string_view text);
// "%41" and, in a query, "+". Nothing for a "%" that is not followed by two digits.
std::optional<std::string> DecodeUrl(std::string_view text, bool query);
// Without padding.
std::string EncodeBase64(std::string_view bytes);
// Standard and URL alphabet, with or without padding.
std::optional<std::string> DecodeBase64(std::string_view text);
std::string Lower(std::string_view text);
std::string_view Trim(std::string_view text);
// Whether `text`, a list with commas ("gzip, br;q=0.5"), names `word` (and not with q=0).
bool ListHas(std::string_view text, std::string_view word);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_TEXT_H_
