/* The Counter service: counts the words of a text. */
#ifndef EXAMPLES_ZIPF_C_COUNTER_H_
#define EXAMPLES_ZIPF_C_COUNTER_H_

#include "zipf.polycall.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds the service to a server that has not started yet. */
polycall_code counter_serve(polycall_server* server, polycall_status* status);

#ifdef __cplusplus
}
#endif

#endif /* EXAMPLES_ZIPF_C_COUNTER_H_ */
