// The TLS contexts of this process, one for each set of options.
#ifndef POLYCALL_TRANSPORT_TLS_CONTEXTS_H_
#define POLYCALL_TRANSPORT_TLS_CONTEXTS_H_

#include <memory>

#include "transport/tls/tls.h"

namespace polycall::transport::tls {

// The context for `options`, made when it is first asked for. UNAVAILABLE if the module is not there; for
// servers also what is wrong with the options or their files. Thread-safe. [blocks] for files.
base::Status ContextOf(const TlsOptions& options, bool server, std::shared_ptr<Context>* out);

// What a server that may speak TLS finds wrong with its options: asked for when it listens. OK if it has
// none.
base::Status CheckServerOptions(const Acceptor& acceptor);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_CONTEXTS_H_
