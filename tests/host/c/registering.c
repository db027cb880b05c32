// Modules whose register functions use the C binding.
#include "plain.polycall.h"
#include "polycall/host.h"

static polycall_code subtract(void* arg, polycall_call* call, const plain_v1_Pair* request,
                              polycall_arena* arena, plain_v1_Number* reply,
                              polycall_status* status) {
  (void)arg, (void)call, (void)arena;
  if (request->right > request->left) {
    polycall_status_set(status, POLYCALL_OUT_OF_RANGE, "less than nothing", NULL, 0);
    return POLYCALL_OUT_OF_RANGE;
  }
  reply->value = request->left - request->right;
  return POLYCALL_OK;
}

POLYCALL_API polycall_code polycall_register(polycall_server* server, polycall_status* status);
polycall_code polycall_register(polycall_server* server, polycall_status* status) {
  const plain_v1_Plain_handlers handlers = {.subtract = subtract};
  return plain_v1_Plain_serve(server, &handlers, NULL, status);
}

POLYCALL_API polycall_code refuse(polycall_server* server, polycall_status* status);
polycall_code refuse(polycall_server* server, polycall_status* status) {
  (void)server;
  polycall_status_set(status, POLYCALL_PERMISSION_DENIED, "not today", NULL, 0);
  return POLYCALL_PERMISSION_DENIED;
}
