#include "polycall/c/client.h"

#include <stdlib.h>

#include "typed.h"
#include "unreadable.h"

/* Requests that do not parse are the caller's fault, replies that do not are the peer's. */
static void blame_peer(polycall_status* status) {
  if (status->code == POLYCALL_INVALID_ARGUMENT) status->code = POLYCALL_INTERNAL;
}

static inline polycall_code call_unary(polycall_channel* channel, polycall_unary* unary,
                                       const polycall_message_type* request_type,
                                       const void* request, const polycall_message_type* reply_type,
                                       void* reply, polycall_arena* arena) {
  polycall_object request_object;
  polycall_object place;
  wrap(&request_object, request_type, request);
  wrap(&place, reply_type, reply);
  place.arena = arena;
  unary->request.data = NULL;
  unary->request.size = 0;
  unary->request.buffer = NULL;
  unary->request.type = request_type;
  unary->request.object = &request_object;
  unary->response_type = reply_type;
  unary->response_place = &place;
  if (polycall_unary_call(channel, unary) == POLYCALL_OK) {
    if (unary->response.object == &place) return POLYCALL_OK; /* filled where it stands */
    if (polycall_typed_take(reply_type, &unary->response, reply, arena, &unary->status) ==
        POLYCALL_OK) {
      return POLYCALL_OK;
    }
    blame_peer(&unary->status);
  }
  polycall_codec_init(table_of(reply_type), reply);
  return (polycall_code)unary->status.code;
}

polycall_code polycall_typed_unary(polycall_channel* channel, polycall_unary* unary,
                                   const polycall_message_type* request_type, const void* request,
                                   const polycall_message_type* reply_type, void* reply,
                                   polycall_arena* arena) {
  return call_unary(channel, unary, request_type, request, reply_type, reply, arena);
}

/* Moves the status of a call to `status` (NULL: drops it). */
static polycall_code take_status(polycall_unary* unary, polycall_status* status) {
  const polycall_code code = (polycall_code)unary->status.code;
  if (code == POLYCALL_OK) { /* holds nothing; field by field is faster than a copy of the whole */
    if (status != NULL) {
      status->code = POLYCALL_OK;
      status->details_size = 0;
      status->message = NULL;
      status->details = NULL;
    }
  } else if (status != NULL) {
    *status = unary->status;
  } else {
    polycall_status_clear(&unary->status);
  }
  return code;
}

polycall_code polycall_typed_call(polycall_channel* channel, const polycall_method* method,
                                  const polycall_message_type* request_type, const void* request,
                                  const polycall_message_type* reply_type, void* reply,
                                  polycall_arena* arena, const polycall_call_options* options,
                                  polycall_status* status) {
  /* Only what goes in: the runtime sets what comes out, and clearing it all takes a tenth of a call. */
  polycall_unary unary;
  unary.struct_size = sizeof(unary);
  unary.method = method;
  unary.options = options;
  unary.call = NULL;
  call_unary(channel, &unary, request_type, request, reply_type, reply, arena);
  return take_status(&unary, status);
}

/* What an asynchronous function needs when its callback runs. */
typedef struct closure {
  const polycall_message_type* type;
  polycall_invoke_reply_fn invoke_reply;
  polycall_invoke_receive_fn invoke_receive;
  polycall_any_fn fn;
  void* arg;
  polycall_call* call; /* of a receive: holds a reference */
  polycall_code failure;
} closure;

static void unary_done(void* arg, polycall_unary* unary) {
  closure* const self = (closure*)arg;
  char space[1024];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  const void* reply = NULL;
  if (unary->status.code == POLYCALL_OK) {
    reply = polycall_typed_view(self->type, &unary->response, NULL, &arena, &unary->status);
    if (reply == NULL) blame_peer(&unary->status);
  }
  self->invoke_reply(self->fn, self->arg, &unary->status, reply);
  polycall_arena_free(&arena);
  free(self);
}

void polycall_typed_unary_async(polycall_channel* channel, const polycall_method* method,
                                const polycall_message_type* request_type, const void* request,
                                const polycall_message_type* reply_type,
                                const polycall_call_options* options,
                                polycall_invoke_reply_fn invoke, polycall_any_fn fn, void* arg,
                                polycall_call** call) {
  closure* const self = (closure*)calloc(1, sizeof *self);
  if (self == NULL) {
    polycall_status status = POLYCALL_STATUS_INIT;
    status.code = POLYCALL_RESOURCE_EXHAUSTED;
    if (call != NULL) *call = NULL;
    invoke(fn, arg, &status, NULL);
    return;
  }
  self->type = reply_type;
  self->invoke_reply = invoke;
  self->fn = fn;
  self->arg = arg;
  polycall_object request_object;
  wrap(&request_object, request_type, request);
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method;
  unary.options = options;
  unary.request.type = request_type;
  unary.request.object = &request_object;
  unary.response_type = reply_type;
  polycall_unary_call_async(channel, &unary, unary_done, self, call);
}

polycall_call* polycall_typed_start(polycall_channel* channel, const polycall_method* method,
                                    const polycall_message_type* reply_type,
                                    const polycall_call_options* options) {
  polycall_call_options with_type = POLYCALL_CALL_OPTIONS_INIT;
  if (options != NULL) {
    const size_t known =
        options->struct_size < sizeof with_type ? options->struct_size : sizeof with_type;
    memcpy(&with_type, options, known);
    with_type.struct_size = sizeof with_type;
  }
  with_type.response_type = reply_type;
  polycall_call* const call = polycall_call_start(channel, method, &with_type);
  polycall_unreadable_take(call, NULL); /* of an earlier call in the same place */
  return call;
}

polycall_code polycall_typed_send(polycall_call* call, const polycall_message_type* type,
                                  const void* message, uint32_t flags, polycall_status* status) {
  polycall_object object;
  wrap(&object, type, message);
  polycall_message wrapped = POLYCALL_MESSAGE_INIT;
  wrapped.type = type;
  wrapped.object = &object;
  return polycall_call_send(call, &wrapped, flags, status);
}

void polycall_typed_send_async(polycall_call* call, const polycall_message_type* type,
                               const void* message, uint32_t flags, polycall_done_fn done,
                               void* arg) {
  polycall_object object;
  wrap(&object, type, message);
  polycall_message wrapped = POLYCALL_MESSAGE_INIT;
  wrapped.type = type;
  wrapped.object = &object;
  polycall_call_send_async(call, &wrapped, flags, done, arg);
}

/* A message that cannot be read ends its call; if that has ended already, finish tells. */
static void end_unreadable(polycall_call* call, polycall_code failure, polycall_status* status) {
  const polycall_code code =
      status->code == POLYCALL_INVALID_ARGUMENT ? failure : (polycall_code)status->code;
  if (failure == POLYCALL_INTERNAL) polycall_unreadable_note(call, code, status->message);
  polycall_call_cancel(call, code, status->message);
  polycall_status_clear(status);
}

int polycall_typed_receive(polycall_call* call, const polycall_message_type* type, void* message,
                           polycall_arena* arena, polycall_code failure) {
  polycall_message received = POLYCALL_MESSAGE_INIT;
  if (!polycall_call_receive(call, &received)) {
    polycall_codec_init(table_of(type), message);
    return 0;
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_typed_take(type, &received, message, arena, &status) == POLYCALL_OK) return 1;
  polycall_codec_init(table_of(type), message);
  end_unreadable(call, failure, &status);
  return 0;
}

static void received_one(void* arg, polycall_message* message) {
  closure* const self = (closure*)arg;
  char space[1024];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  const void* view = NULL;
  if (message != NULL) {
    polycall_status status = POLYCALL_STATUS_INIT;
    view = polycall_typed_view(self->type, message, NULL, &arena, &status);
    if (view == NULL) end_unreadable(self->call, self->failure, &status);
  }
  polycall_call* const call = self->call;
  self->invoke_receive(self->fn, self->arg, view);
  if (message != NULL) polycall_message_release(message);
  polycall_arena_free(&arena);
  polycall_call_release(call);
  free(self);
}

void polycall_typed_receive_async(polycall_call* call, const polycall_message_type* type,
                                  polycall_code failure, polycall_invoke_receive_fn invoke,
                                  polycall_any_fn fn, void* arg) {
  closure* const self = (closure*)calloc(1, sizeof *self);
  if (self == NULL) {
    polycall_call_cancel(call, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
    invoke(fn, arg, NULL);
    return;
  }
  self->type = type;
  self->invoke_receive = invoke;
  self->fn = fn;
  self->arg = arg;
  self->call = call;
  self->failure = failure;
  polycall_call_retain(call);
  polycall_call_receive_async(call, received_one, self);
}

polycall_code polycall_typed_finish(polycall_call* call, polycall_status* status) {
  polycall_code code = polycall_call_wait(call, status, NULL);
  if (code == POLYCALL_OK) {
    code = polycall_unreadable_take(call, status);
  } else {
    polycall_unreadable_take(call, NULL);
  }
  polycall_call_release(call);
  return code;
}

polycall_code polycall_typed_finish_with_reply(polycall_call* call,
                                               const polycall_message_type* type, void* reply,
                                               polycall_arena* arena, polycall_status* status) {
  polycall_call_half_close(call);
  const int received = polycall_typed_receive(call, type, reply, arena, POLYCALL_INTERNAL);
  const polycall_code code = polycall_typed_finish(call, status);
  if (code != POLYCALL_OK) {
    polycall_codec_init(table_of(type), reply);
    return code;
  }
  if (received) return POLYCALL_OK;
  set_status(status, POLYCALL_INTERNAL, "the call ended OK without its reply");
  return POLYCALL_INTERNAL;
}
