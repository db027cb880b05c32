// A server of this process with a module of another language in it.
#ifndef POLYCALL_TESTS_INTEROP_NATIVE_HOSTING_H_
#define POLYCALL_TESTS_INTEROP_NATIVE_HOSTING_H_

#include <stddef.h>

// As interop_serve, with the services of a module: `host` is "LANG:MODULE".
int hosting_serve(const char* host, const char* target, char* address, size_t size);

// As interop_stop.
void hosting_stop(void);

#endif  // POLYCALL_TESTS_INTEROP_NATIVE_HOSTING_H_
