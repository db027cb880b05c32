/* What generated clients call. Programs use the generated functions. */
#ifndef POLYCALL_C_CLIENT_H_
#define POLYCALL_C_CLIENT_H_

#include "polycall/c/object.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A function pointer whose true type only the generated code knows. */
typedef void (*polycall_any_fn)(void);

/* Calls `fn` with its true type. `message` is NULL when there is none. */
typedef void (*polycall_invoke_reply_fn)(polycall_any_fn fn, void* arg,
                                         const polycall_status* status, const void* message);
typedef void (*polycall_invoke_receive_fn)(polycall_any_fn fn, void* arg, const void* message);

/* A blocking unary call. Initialises `reply`, whose strings and arrays are then the arena's. `options`
 * and `status` may be NULL. */
polycall_code polycall_typed_call(polycall_channel* channel, const polycall_method* method,
                                  const polycall_message_type* request_type, const void* request,
                                  const polycall_message_type* reply_type, void* reply,
                                  polycall_arena* arena, const polycall_call_options* options,
                                  polycall_status* status);

/* The same with all that a call has: `unary` was initialised, has method and options set, and gets
 * status and metadata. */
polycall_code polycall_typed_unary(polycall_channel* channel, polycall_unary* unary,
                                   const polycall_message_type* request_type, const void* request,
                                   const polycall_message_type* reply_type, void* reply,
                                   polycall_arena* arena);

void polycall_typed_unary_async(polycall_channel* channel, const polycall_method* method,
                                const polycall_message_type* request_type, const void* request,
                                const polycall_message_type* reply_type,
                                const polycall_call_options* options,
                                polycall_invoke_reply_fn invoke, polycall_any_fn fn, void* arg,
                                polycall_call** call);

/* polycall_call_start that also takes typed replies. */
polycall_call* polycall_typed_start(polycall_channel* channel, const polycall_method* method,
                                    const polycall_message_type* reply_type,
                                    const polycall_call_options* options);

polycall_code polycall_typed_send(polycall_call* call, const polycall_message_type* type,
                                  const void* message, uint32_t flags, polycall_status* status);
void polycall_typed_send_async(polycall_call* call, const polycall_message_type* type,
                               const void* message, uint32_t flags, polycall_done_fn done,
                               void* arg);

/* 1 with `message` initialised and filled, or 0 at the end. Bytes that cannot be parsed end the call
 * with `failure`. */
int polycall_typed_receive(polycall_call* call, const polycall_message_type* type, void* message,
                           polycall_arena* arena, polycall_code failure);
void polycall_typed_receive_async(polycall_call* call, const polycall_message_type* type,
                                  polycall_code failure, polycall_invoke_receive_fn invoke,
                                  polycall_any_fn fn, void* arg);

/* Waits for the call's end, releases it. */
polycall_code polycall_typed_finish(polycall_call* call, polycall_status* status);

/* For client streaming: half-closes, takes the one reply, waits, releases. */
polycall_code polycall_typed_finish_with_reply(polycall_call* call,
                                               const polycall_message_type* type, void* reply,
                                               polycall_arena* arena, polycall_status* status);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_CLIENT_H_ */
