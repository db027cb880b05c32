// What the runner says about this run by its environment: INTEROP_TRANSPORT, the transport under test, and
// INTEROP_TLS, a folder of certificates (ca, server, client: .pem, .key).
#ifndef POLYCALL_TESTS_INTEROP_C_SETTINGS_H_
#define POLYCALL_TESTS_INTEROP_C_SETTINGS_H_

#include "polycall/polycall.h"

// A channel that may use the transport under test and no other.
polycall_channel* settings_channel_new(const char* target, polycall_status* status);

// A server with the certificates, if there are any.
polycall_server* settings_server_new(polycall_status* status);

// The name of another transport than the one under test, if the channel is on one; else NULL. `must`: it
// has to be connected ("none" if it is not).
const char* settings_wrong_transport(polycall_channel* channel, int must);

#endif  // POLYCALL_TESTS_INTEROP_C_SETTINGS_H_
