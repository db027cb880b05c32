/* What generated servers call. Programs use the generated functions. */
#ifndef POLYCALL_C_SERVER_H_
#define POLYCALL_C_SERVER_H_

#include "polycall/c/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One call while its blocking handler runs: lives on the stack of the function that runs it. */
typedef struct polycall_serving {
  polycall_call* call;
  const polycall_message_type* reply_type; /* NULL: the reply is a stream */
  polycall_object* reply;                  /* `own`, or the place that the caller offered */
  polycall_arena* arena;                   /* for the handler: `own_arena`, or the caller's */
  bool has_own_arena; /* a call within the process mostly needs none: all is its caller's */
  polycall_object own;
  polycall_arena own_arena;
  char space[1024];
} polycall_serving;

/* Begins. */
void polycall_serving_begin(polycall_serving* serving, polycall_call* call);

/* The request as a struct: the caller's own, or parsed from bytes that it borrows. NULL: it could not
 * be parsed and the call was finished; nothing further is to be done. */
const void* polycall_serving_request(polycall_serving* serving, const polycall_message* request,
                                     const polycall_message_type* type);

/* The reply to be filled, initialised: the caller's own if it is in this process, else `local`. */
void* polycall_serving_reply(polycall_serving* serving, void* local,
                             const polycall_message_type* type);

/* The arena of a handler whose replies are a stream. */
polycall_arena* polycall_serving_arena(polycall_serving* serving);

/* Finishes the call with what the handler returned and frees what it allocated. */
void polycall_serving_end(polycall_serving* serving, polycall_code code, polycall_status* status);

/* The request of an asynchronous handler: as polycall_serving_request, valid until
 * polycall_serving_dismiss, which does not finish the call. */
void polycall_serving_dismiss(polycall_serving* serving);

/* Finishes a call of an asynchronous handler. `reply` may be NULL. */
void polycall_typed_server_finish(polycall_call* call, const polycall_status* status,
                                  const polycall_message_type* type, const void* reply);

/* How one method is served: by `run` if the program has a blocking handler, else by `run_async` if it
 * has an asynchronous one; both NULL: its calls end UNIMPLEMENTED. */
polycall_handler polycall_typed_handler(polycall_handler_fn run, polycall_handler_fn run_async,
                                        void* arg, const polycall_message_type* request_type);

/* Adds the service. `registration` is freed once no handler can run any more, or at once on failure;
 * it is made with polycall_typed_registration. */
void* polycall_typed_registration(size_t size, polycall_status* status);
polycall_code polycall_typed_add_service(polycall_server* server,
                                         const polycall_service_descriptor* service,
                                         const polycall_handler* handlers, void* registration,
                                         polycall_status* status);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_C_SERVER_H_ */
