// Where host libraries are looked for.
#ifndef POLYCALL_HOST_PLACES_H_
#define POLYCALL_HOST_PLACES_H_

#include <string>
#include <string_view>
#include <vector>

namespace polycall::host {

struct FoundHost {
  std::string language;
  std::string path;  // of the library
};

// The folders, in the order of the search: those of POLYCALL_HOST_PATH (separated by colons), then
// polycall/ beside libpolycall.so (an installed tree and the build's), then libpolycall.so's own
// folder (a wheel, a jar that was unpacked).
std::vector<std::string> Places();

// The library of `language` in the first place that has one; empty if none has.
std::string FindHost(std::string_view language);

// All hosts of all places; of two for one language, the one that FindHost gives.
std::vector<FoundHost> FindHosts();

}  // namespace polycall::host

#endif  // POLYCALL_HOST_PLACES_H_
