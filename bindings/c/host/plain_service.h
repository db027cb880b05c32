/* The services of a library of plain functions. */
#ifndef POLYCALL_C_HOST_PLAIN_SERVICE_H_
#define POLYCALL_C_HOST_PLAIN_SERVICE_H_

#include "descriptors.h"

/* Adds the services of the last file of the set (the one that protoc was given), or the one service
 * `only` from any of its files. Each method is served by the function of the library that its option
 * `c_function` names; else by <package>_<service>_<method> or <method>, in snake_case. `library` is a
 * handle of dlopen's; functions of libraries that it needs in turn do not count. */
polycall_code plain_services_add(polycall_server* server, void* library, const char* library_name,
                                 const descriptors* descriptors, const char* only,
                                 polycall_status* status);

#endif /* POLYCALL_C_HOST_PLAIN_SERVICE_H_ */
