// The bytes of a connection as OpenSSL reads and writes them: from memory, into memory. So it never makes
// a system call of its own, and never reads beyond the record that it wants.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_PIPE_BIO_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_PIPE_BIO_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "transport/tls/module/openssl.h"

namespace polycall::transport::tls {

struct Pipe {
  const uint8_t* in = nullptr;  // what is to be read, from the front
  size_t in_size = 0;
  std::vector<uint8_t>* out = nullptr;  // what was written, at the back
};

// Makes `ssl` read and write `pipe`, which outlives it.
void UsePipe(SSL* ssl, Pipe* pipe);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_PIPE_BIO_H_
