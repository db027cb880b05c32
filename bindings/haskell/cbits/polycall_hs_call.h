/* Blocking calls of the C ABI as the Haskell binding makes them: one crossing each, and cancelled when
 * an asynchronous exception is thrown at the Haskell thread that waits.
 *
 * GHC interrupts an `interruptible` foreign call by a signal (SIGPIPE) to the thread that makes it. The
 * handler here finds the call that the thread waits for and hands it to a thread that cancels it; the
 * wait then ends and GHC throws the exception. Without exceptions this costs two stores a call. */
#ifndef POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_CALL_H_
#define POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_CALL_H_

#include "polycall/polycall.h"

/* Makes interruption work in this process; further calls do nothing. 0, or an errno. */
int polycall_hs_start(void);

/* Messages go as `size` bytes at `data`, or, with a `type`, as the object `data`. */

/* polycall_unary_call. `unary` is filled here. With `cancellable` the call can be interrupted. A
 * response may come as an object of `response_type`, if there is one. */
int32_t polycall_hs_unary(polycall_channel* channel, const polycall_method* method,
                          const polycall_call_options* options, const void* data, size_t size,
                          const polycall_message_type* type,
                          const polycall_message_type* response_type, polycall_unary* unary,
                          int cancellable);

/* The functions of the same names, which block; an interruption cancels the call. */
int polycall_hs_receive(polycall_call* call, polycall_message* message);
int32_t polycall_hs_send(polycall_call* call, const void* data, size_t size,
                         const polycall_message_type* type, uint32_t flags,
                         polycall_status* status);
int32_t polycall_hs_wait(polycall_call* call, polycall_status* status,
                         const polycall_metadata** trailing);
const polycall_metadata* polycall_hs_initial_metadata(polycall_call* call);

/* For handlers: the same, not interruptible. */
int32_t polycall_hs_handler_send(polycall_call* call, const void* data, size_t size,
                                 const polycall_message_type* type, polycall_status* status);

/* polycall_call_finish with a message (NULL: no response), or with a status. */
void polycall_hs_finish(polycall_call* call, const void* data, size_t size,
                        const polycall_message_type* type);
void polycall_hs_finish_status(polycall_call* call, int32_t code, const char* message,
                               const void* details, size_t details_size);

/* The parts of a service, one after the other; then polycall_server_add_service. */
typedef struct polycall_hs_service polycall_hs_service;
polycall_hs_service* polycall_hs_service_new(const char* name, size_t method_count,
                                             const void* files, size_t files_size,
                                             uint64_t fingerprint);
void polycall_hs_service_method(polycall_hs_service* service, size_t index, const char* name,
                                int32_t kind, uint32_t flags, int64_t default_timeout_ns,
                                const char* request_name, const char* response_name,
                                polycall_handler_fn handler, uint32_t asynchronous,
                                const polycall_message_type* request_type);
/* Frees `service` also if it fails. */
int32_t polycall_hs_service_add(polycall_hs_service* service, polycall_server* server, void* arg,
                                void (*free_arg)(void* arg), polycall_status* status);

/* A method of a channel, for descriptors that live in Haskell. */
const polycall_method* polycall_hs_method(polycall_channel* channel, const char* service,
                                          const char* name, int32_t kind, uint32_t flags,
                                          int64_t default_timeout_ns, const char* request_name,
                                          const char* response_name);

#endif /* POLYCALL_BINDINGS_HASKELL_CBITS_POLYCALL_HS_CALL_H_ */
