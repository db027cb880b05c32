#include "negotiation/resolver.h"

#include "negotiation/resolvers.h"

namespace polycall::negotiation {
namespace {

// The one list of resolvers.
struct Entry {
  std::string_view scheme;
  base::Status (*make)(std::string_view, const ResolverContext&, std::unique_ptr<Resolver>*);
};
constexpr Entry kResolvers[] = {
    {"list:", &MakeListResolver},
    {"dns:///", &MakeDnsResolver},
    {"file:///", &MakeFileResolver},
    {"polycall:///", &MakeSchedulerResolver},
};

const Entry* Find(std::string_view target) {
  for (const Entry& entry : kResolvers) {
    if (target.starts_with(entry.scheme)) return &entry;
  }
  return nullptr;
}

}  // namespace

bool NamesResolver(std::string_view target) { return Find(target) != nullptr; }

base::Status MakeResolver(std::string_view target, const ResolverContext& context,
                          std::unique_ptr<Resolver>* out) {
  const Entry* entry = Find(target);
  if (entry == nullptr) {
    return base::InvalidArgument("\"" + std::string(target) + "\" names no resolver");
  }
  if (target.find('\0') != std::string_view::npos) {
    return base::InvalidArgument("\"" + std::string(target) +
                                 "\" is no target: it contains a NUL byte");
  }
  base::Status status = entry->make(target.substr(entry->scheme.size()), context, out);
  if (status.ok()) return status;
  return {status.code(),
          "\"" + std::string(target) + "\" is no target: " + std::string(status.message())};
}

base::Status MakeAddress(std::string_view text, Address* out) {
  if (NamesResolver(text)) {
    return base::InvalidArgument("\"" + std::string(text) +
                                 "\" names a resolver itself; write targets of single ends, as "
                                 "unix:/path or tcp://host:port");
  }
  out->text = text;
  return ParseTarget(text, &out->target);
}

}  // namespace polycall::negotiation
