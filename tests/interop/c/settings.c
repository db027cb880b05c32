#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Holds what `options` points to.
typedef struct Tls {
  polycall_tls_options options;
  char ca[256];
  char certificate[256];
  char key[256];
} Tls;

// NULL without certificates.
static const polycall_tls_options* tls_of(Tls* tls, const char* role) {
  const char* folder = getenv("INTEROP_TLS");
  if (folder == NULL) return NULL;
  snprintf(tls->ca, sizeof tls->ca, "%s/ca.pem", folder);
  snprintf(tls->certificate, sizeof tls->certificate, "%s/%s.pem", folder, role);
  snprintf(tls->key, sizeof tls->key, "%s/%s.key", folder, role);
  tls->options = (polycall_tls_options)POLYCALL_TLS_OPTIONS_INIT;
  tls->options.ca_file = tls->ca;
  tls->options.certificate_file = tls->certificate;
  tls->options.key_file = tls->key;
  return &tls->options;
}

polycall_channel* settings_channel_new(const char* target, polycall_status* status) {
  const char* transport = getenv("INTEROP_TRANSPORT");
  // Shared memory is reached over a unix socket.
  const char* names[] = {transport, NULL, NULL};
  if (transport != NULL && strcmp(transport, "shm") == 0) names[1] = "unix";
  Tls tls;
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  if (transport != NULL) options.transports = names;
  options.tls = tls_of(&tls, "client");
  return polycall_channel_new(target, &options, status);
}

polycall_server* settings_server_new(polycall_status* status) {
  Tls tls;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.tls = tls_of(&tls, "server");
  if (options.tls != NULL) tls.options.flags = POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE;
  return polycall_server_new(&options, status);
}

const char* settings_wrong_transport(polycall_channel* channel, int must) {
  const char* wanted = getenv("INTEROP_TRANSPORT");
  const char* found = polycall_channel_transport(channel);
  if (wanted == NULL || (found == NULL && !must)) return NULL;
  if (found == NULL) return "none";
  return strcmp(wanted, found) == 0 ? NULL : found;
}
