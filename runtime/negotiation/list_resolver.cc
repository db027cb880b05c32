// list:TARGET,TARGET,..: the ends as the caller wrote them.
#include "negotiation/resolvers.h"

namespace polycall::negotiation {
namespace {

class ListResolver final : public Resolver {
 public:
  explicit ListResolver(Resolution resolution) : resolution_(std::move(resolution)) {}
  void Start(Listener* listener) override { listener->OnResolution(resolution_); }
  void Stop() override {}

 private:
  const Resolution resolution_;
};

}  // namespace

base::Status MakeListResolver(std::string_view rest, const ResolverContext&,
                              std::unique_ptr<Resolver>* out) {
  Resolution resolution;
  for (;;) {
    const size_t comma = rest.find(',');
    const std::string_view text = rest.substr(0, comma);
    if (text.empty()) {
      return base::InvalidArgument(
          "a list has an empty entry; write list:TARGET,TARGET, as "
          "list:unix:/run/calc.sock,tcp://host:4711");
    }
    Address address;
    if (base::Status status = MakeAddress(text, &address); !status.ok()) return status;
    for (const Address& other : resolution.addresses) {
      if (other.text == address.text) {
        return base::InvalidArgument("\"" + address.text +
                                     "\" stands twice in the list; write each target once");
      }
    }
    resolution.addresses.push_back(std::move(address));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  *out = std::make_unique<ListResolver>(std::move(resolution));
  return {};
}

}  // namespace polycall::negotiation
