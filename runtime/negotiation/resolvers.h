// The makers of the resolvers that there are; resolver.cc lists them.
#ifndef POLYCALL_NEGOTIATION_RESOLVERS_H_
#define POLYCALL_NEGOTIATION_RESOLVERS_H_

#include <memory>
#include <string_view>

#include "negotiation/resolver.h"

namespace polycall::negotiation {

// `rest` is what stands behind the scheme.
base::Status MakeListResolver(std::string_view rest, const ResolverContext& context,
                              std::unique_ptr<Resolver>* out);
base::Status MakeDnsResolver(std::string_view rest, const ResolverContext& context,
                             std::unique_ptr<Resolver>* out);
base::Status MakeFileResolver(std::string_view rest, const ResolverContext& context,
                              std::unique_ptr<Resolver>* out);
base::Status MakeSchedulerResolver(std::string_view rest, const ResolverContext& context,
                                   std::unique_ptr<Resolver>* out);

// One address from its text.
base::Status MakeAddress(std::string_view text, Address* out);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_RESOLVERS_H_
