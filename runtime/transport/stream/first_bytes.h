// First bytes: what a peer means to speak, told by how it begins. One port serves them all.
#ifndef POLYCALL_TRANSPORT_STREAM_FIRST_BYTES_H_
#define POLYCALL_TRANSPORT_STREAM_FIRST_BYTES_H_

#include <cstddef>
#include <string_view>

namespace polycall::transport {

enum class Protocol {
  kMore,     // these bytes may still become one or the other
  kNative,   // "PolyCall", or the beginning of it
  kHttp1,    // a method of HTTP/1.1 and a space
  kHttp2,    // "PRI * HTTP/2.0": gRPC
  kTls,      // a handshake record of TLS
  kUnknown,  // nothing that we speak
};

// As many bytes decide in any case.
inline constexpr size_t kFirstBytes = 16;

// `first` are the bytes that have come so far, not empty.
Protocol ProtocolOf(std::string_view first);

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_FIRST_BYTES_H_
