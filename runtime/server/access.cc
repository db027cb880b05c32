#include "server/access.h"

#include <algorithm>
#include <string>
#include <vector>

#include "call/identity.h"
#include "call/link.h"

namespace polycall::server {
namespace {

// "CN=calc, DNS:calc.example": as many names as a message should hold.
std::string Describe(const call::Identity* identity) {
  constexpr size_t kMost = 256;
  if (identity == nullptr) return "a peer that nobody vouches for (no client certificate)";
  std::string text = identity->subject();
  for (const std::string& name : identity->names()) {
    if (text.size() > kMost) return text + ", ..";
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "a peer whose certificate names nobody" : text;
}

}  // namespace

base::Status CheckAccess(const call::Call& call, const call::ServerMethod& method) {
  const std::vector<std::string>& allowed = *method.allowed;
  const auto is_allowed = [&](const std::string& name) {
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  const call::Link* link = call.link();
  const call::Identity* identity = link != nullptr ? link->identity() : nullptr;
  if (identity != nullptr &&
      ((!identity->subject().empty() && is_allowed(identity->subject())) ||
       std::any_of(identity->names().begin(), identity->names().end(), is_allowed))) {
    return {};
  }
  return base::Status(POLYCALL_PERMISSION_DENIED,
                      "the service " + method.service + " may not be called by " +
                          Describe(identity) + "; its server has to allow one of these identities");
}

}  // namespace polycall::server
