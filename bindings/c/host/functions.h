/* Functions of a library, by name. */
#ifndef POLYCALL_C_HOST_FUNCTIONS_H_
#define POLYCALL_C_HOST_FUNCTIONS_H_

#include "polycall/c/string.h"
#include "polycall/host.h"

typedef polycall_code (*register_function)(polycall_server* server, polycall_status* status);

/* The library; NULL with a status. */
void* library_open(const char* name, polycall_status* status);

/* Its own function `symbol`; NULL if it has none (a library that it needs may). */
void (*library_function(void* library, const char* symbol))(void);

/* The function that serves a method; see plain_services_add for the names. NOT_FOUND lists what was
 * tried. */
polycall_code function_find(void* library, const char* library_name, const char* service,
                            polycall_string method, polycall_string option, void (**function)(void),
                            polycall_status* status);

#endif /* POLYCALL_C_HOST_FUNCTIONS_H_ */
