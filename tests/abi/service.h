/* The service that the tests call, and a server with a channel to it over the transport under test.
 *
 * abi.v1.Test, its messages plain bytes:
 *   Echo     unary             answers its request
 *   Fail     unary             ends with the code in the request's first byte, the rest as message
 *   Later    unary             finishes from another thread after the handler returned
 *   Block    unary             blocks until `gate` opens, then answers
 *   Wait     unary             finishes only when it is cancelled; opens `heard` then
 *   Describe unary             answers what the handler sees of its call
 *   Metadata unary             sends metadata back, initial and trailing
 *   Onward   unary             calls Echo, Wait or Describe (named by the request) on `onward`
 *   Collect  client streaming  answers "N messages, N bytes"
 *   Count    server streaming  sends "0", "1", ... as many as the request says
 *   Chat     bidirectional     sends each message back; ends with its caller
 */
#ifndef TESTS_ABI_SERVICE_H_
#define TESTS_ABI_SERVICE_H_

#include <stdatomic.h>

#include "check.h"
#include "event.h"

enum method_index {
  ECHO,
  FAIL,
  LATER,
  BLOCK,
  WAIT,
  DESCRIBE,
  METADATA,
  ONWARD,
  COLLECT,
  COUNT,
  CHAT,
  METHOD_COUNT
};

/* What the handlers and the tests share. */
struct service {
  struct event entered; /* a handler of Block, Wait or Onward has begun */
  struct event gate;    /* lets Block go on */
  struct event heard;   /* Wait heard of its cancellation, or a stream's handler saw it */
  atomic_int calls;     /* handlers begun */
  atomic_int sent;      /* messages that Count has sent */
  int later_waits;      /* Later finishes only after its call was cancelled */
  polycall_channel* onward;
  atomic_int freed; /* free_arg ran */
};

extern const polycall_service_descriptor test_service;

void service_init(struct service* service);
/* Adds the service with all its handlers. */
polycall_code service_add(polycall_server* server, struct service* service,
                          polycall_status* status);

/* A server and a channel to it. */
struct fixture {
  struct service service;
  polycall_server* server;
  polycall_channel* channel;
  char address[256]; /* the target of the server's listener */
};

/* Starts both; options may be NULL. Fails the test and returns false if it cannot. */
bool fixture_start(struct fixture* fixture, const polycall_server_options* server_options,
                   const polycall_channel_options* channel_options);
void fixture_end(struct fixture* fixture);

/* A listener's target for the transport under test that nobody uses yet. Static storage. */
const char* fresh_target(void);

/* The channel's method `index` of the service. */
const polycall_method* method_of(struct fixture* fixture, enum method_index index);

/* A message that borrows `text`. */
polycall_message text_message(const char* text);
/* The message's bytes are those of `text`. */
bool message_is(const polycall_message* message, const char* text);

/* Makes a blocking unary call with a request of text. The status and, if it is OK, the response are
 * in `unary`, to be ended with unary_clear. */
polycall_code call_text(struct fixture* fixture, enum method_index index, const char* request,
                        const polycall_call_options* options, polycall_unary* unary);
void unary_clear(polycall_unary* unary);

/* Starts a streaming call; `timeout_ns` 0: 30 seconds. */
polycall_call* start(struct fixture* fixture, enum method_index index, int64_t timeout_ns);

#define SECOND INT64_C(1000000000)
#define MILLISECOND INT64_C(1000000)

#endif /* TESTS_ABI_SERVICE_H_ */
