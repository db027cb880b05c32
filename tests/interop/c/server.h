// What the C server's services share.
#ifndef POLYCALL_TESTS_INTEROP_C_SERVER_H_
#define POLYCALL_TESTS_INTEROP_C_SERVER_H_

#include <stdbool.h>
#include <stdint.h>

#include "polycall/c/arena.h"
#include "polycall/polycall.h"
#include "polycall_test.polycall.h"
#include "test.polycall.h"

// Add the services to `server`.
polycall_code add_test_service(polycall_server* server, polycall_status* status);
polycall_code add_polycall_test_service(polycall_server* server, polycall_status* status);

// Ends the calls of Gather that still wait, with CANCELLED.
void gather_end(void);

// Begins the shutdown on a thread of the server's own and returns.
void server_request_shutdown(int grace_ms);

void server_sleep_us(int64_t microseconds);

// Counters by key, of the one server in this process. Any thread.
typedef enum Counter { kStarted, kFinished, kCancelled, kSent, kReceived } Counter;
void counters_add(polycall_string key, Counter counter);
void counters_read(polycall_string key, polycall_testing_Counters* counters);
void counters_free(void);

#endif  // POLYCALL_TESTS_INTEROP_C_SERVER_H_
