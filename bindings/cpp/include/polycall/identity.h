// Identity: who the caller is, as far as somebody vouches for it.
#ifndef POLYCALL_IDENTITY_H_
#define POLYCALL_IDENTITY_H_

#include <polycall/polycall.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polycall {

struct Identity {
  std::string subject;  // of the certificate, "CN=calc,O=example"; empty: there is none
  // Over TLS the certificate's alternative names, each with its kind: "DNS:calc.example",
  // "URI:spiffe://example/calc"; within a host "UID:1000", vouched for by the kernel.
  std::vector<std::string> names;

  bool Has(std::string_view name) const {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

namespace internal {

// Nothing when nobody vouches for the peer.
inline std::optional<Identity> IdentityOf(const polycall_call* call) {
  polycall_identity raw = POLYCALL_IDENTITY_INIT;
  if (polycall_call_identity(call, &raw) == 0) return std::nullopt;
  Identity identity;
  if (raw.subject != nullptr) identity.subject = raw.subject;
  identity.names.assign(raw.names, raw.names + raw.name_count);
  return identity;
}

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_IDENTITY_H_
