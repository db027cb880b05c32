// The entry of libpolycall_tls.so.
#include <cstring>

#include "base/module.h"
#include "transport/tls/module/context.h"

namespace polycall::transport::tls {
namespace {

class TlsModule final : public Module {
 public:
  base::Status NewContext(const TlsOptions& options, bool server, LogFn log,
                          std::unique_ptr<Context>* out) const override {
    auto made = std::make_unique<TlsContext>(options, server, log);
    if (server) {
      if (base::Status status = made->Refresh(); !status.ok()) return status;
    }
    *out = std::move(made);
    return {};
  }
};

}  // namespace
}  // namespace polycall::transport::tls

extern "C" __attribute__((visibility("default"))) const void* polycall_tls_module(
    const char* build) {
  if (strcmp(build, polycall::base::kModuleBuild) != 0) return nullptr;
  // Threads of the runtime's may still be at work while the process exits: OpenSSL is not to be taken down
  // under them.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  static const polycall::transport::tls::TlsModule module;
  static const polycall::transport::tls::Module* const entry = &module;
  return entry;
}
