#include "transport/tls/module/pipe_bio.h"

#include <algorithm>
#include <cstring>

namespace polycall::transport::tls {
namespace {

int Read(BIO* bio, char* to, int size) {
  auto* pipe = static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe->in_size == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t part = std::min(static_cast<size_t>(std::max(size, 0)), pipe->in_size);
  memcpy(to, pipe->in, part);
  pipe->in += part;
  pipe->in_size -= part;
  return static_cast<int>(part);
}

int Write(BIO* bio, const char* from, int size) {
  auto* pipe = static_cast<Pipe*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (pipe->out == nullptr) return size;
  const auto* bytes = reinterpret_cast<const uint8_t*>(from);
  pipe->out->insert(pipe->out->end(), bytes, bytes + std::max(size, 0));
  return size;
}

long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* Method() {
  static BIO_METHOD* method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "polycall");
    BIO_meth_set_read(made, Read);
    BIO_meth_set_write(made, Write);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

}  // namespace

void UsePipe(SSL* ssl, Pipe* pipe) {
  BIO* bio = BIO_new(Method());
  BIO_set_data(bio, pipe);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);  // takes the one reference for both
}

}  // namespace polycall::transport::tls
