// TlsContext: the files of one set of options, as OpenSSL's SSL_CTX, kept up to date.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_CONTEXT_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_CONTEXT_H_

#include <sys/stat.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "transport/tls/module/openssl.h"
#include "transport/tls/tls.h"

namespace polycall::transport::tls {

// A new SSL_CTX for `options`, with its files read now. INVALID_ARGUMENT for options that contradict
// each other, FAILED_PRECONDITION for a file: which, what is wrong, what to do. `warning` receives what is
// worth a line in the log, or nothing.
base::Status MakeSslContext(const TlsOptions& options, bool server, Owned<SSL_CTX>* out,
                            std::string* warning);

// Thread-safe.
class TlsContext final : public Context {
 public:
  TlsContext(const TlsOptions& options, bool server, Module::LogFn log)
      : options_(options), server_(server), log_(log) {}
  // The files, read if they changed.
  base::Status Refresh();

  base::Status Connect(int fd, std::string_view host, std::string_view peer,
                       std::string_view protocol, std::unique_ptr<Session>* out) override;
  base::Status Accept(int fd, std::string_view peer, std::unique_ptr<Session>* out) override;

 private:
  // What tells whether a file is the same as before.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;
  Stamps Look() const;
  base::Status NewSsl(Owned<SSL>* out);

  const TlsOptions options_;
  const bool server_;
  const Module::LogFn log_;
  std::mutex mutex_;
  Owned<SSL_CTX> current_;  // guarded by mutex_, as are those below
  Stamps loaded_;
  Stamps failed_;  // what did not load: not tried again until it changes
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_CONTEXT_H_
