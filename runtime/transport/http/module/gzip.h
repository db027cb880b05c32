// gzip of request and response bodies.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_GZIP_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_GZIP_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace polycall::transport::http {

enum class Inflated { kDone, kBad, kTooLarge };

// Never makes more than `most` bytes, whatever the few that came promise.
Inflated Gunzip(std::string_view bytes, size_t most, std::string* out);
// False: it would not be smaller.
bool Gzip(std::string_view bytes, std::string* out);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_GZIP_H_
