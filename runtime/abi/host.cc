// polycall_host_*: in-process languages.
#include <algorithm>
#include <cstring>

#include "host/registry.h"

using polycall::host::Registry;

extern "C" {

polycall_code polycall_host_load(polycall_server* server, const polycall_host_options* options,
                                 polycall_status* status) {
  polycall_host_options copy = POLYCALL_HOST_OPTIONS_INIT;
  if (options != nullptr) {
    memcpy(&copy, options, std::min(options->struct_size, sizeof(copy)));
  }
  return Registry::Instance().Load(server, copy).ToAbi(status);
}

char* polycall_host_list(void) { return strdup(Registry::Instance().ListAsJson().c_str()); }

polycall_code polycall_host_declare(const char* runtime, const polycall_host_exclusion* exclusions,
                                    size_t exclusion_count, polycall_status* status) {
  return Registry::Instance()
      .Declare(runtime != nullptr ? runtime : "", exclusions, exclusions ? exclusion_count : 0)
      .ToAbi(status);
}

polycall_code polycall_host_provide(const polycall_host_module* module, polycall_status* status) {
  return Registry::Instance().Provide(module).ToAbi(status);
}

}  // extern "C"
