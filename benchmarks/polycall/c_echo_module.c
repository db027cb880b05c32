// The C handlers as a module of the C host's, for callers of other languages in one process.
#include "polycall/c_echo.h"

__attribute__((visibility("default"))) polycall_code polycall_register(polycall_server* server,
                                                                       polycall_status* status) {
  return c_echo_add(server, status);
}
