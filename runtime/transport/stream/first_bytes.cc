#include "transport/stream/first_bytes.h"

#include <algorithm>

namespace polycall::transport {
namespace {

struct Beginning {
  std::string_view bytes;
  Protocol protocol;
};

constexpr Beginning kBeginnings[] = {
    {"PolyCall", Protocol::kNative}, {"PRI * HTTP/2.0\r\n", Protocol::kHttp2},
    {"GET ", Protocol::kHttp1},      {"POST ", Protocol::kHttp1},
    {"HEAD ", Protocol::kHttp1},     {"OPTIONS ", Protocol::kHttp1},
    {"PUT ", Protocol::kHttp1},      {"DELETE ", Protocol::kHttp1},
    {"PATCH ", Protocol::kHttp1},    {"TRACE ", Protocol::kHttp1},
    {"CONNECT ", Protocol::kHttp1},  {"\x16\x03", Protocol::kTls},
};

}  // namespace

Protocol ProtocolOf(std::string_view first) {
  Protocol found = Protocol::kUnknown;
  for (const Beginning& beginning : kBeginnings) {
    const size_t common = std::min(first.size(), beginning.bytes.size());
    if (first.substr(0, common) != beginning.bytes.substr(0, common)) continue;
    if (common == beginning.bytes.size()) return beginning.protocol;
    // A part of our own preface alone may be taken from the socket; of others' every byte is theirs.
    const bool first_found = found == Protocol::kUnknown;
    found = first_found && beginning.protocol == Protocol::kNative ? Protocol::kNative
                                                                   : Protocol::kMore;
  }
  return found;
}

}  // namespace polycall::transport
