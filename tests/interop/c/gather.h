// Gather: an asynchronous handler, since a thousand of its calls wait at once.
#ifndef POLYCALL_TESTS_INTEROP_C_GATHER_H_
#define POLYCALL_TESTS_INTEROP_C_GATHER_H_

#include "polycall_test.polycall.h"

void gather(void* arg, polycall_call* call, const polycall_testing_GatherRequest* request);

#endif  // POLYCALL_TESTS_INTEROP_C_GATHER_H_
