#include "polycall/c/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "typed.h"

void polycall_serving_begin(polycall_serving* serving, polycall_call* call) {
  serving->call = call;
  serving->reply_type = NULL;
  serving->reply = NULL;
  serving->arena = NULL;
  serving->has_own_arena = false;
}

static polycall_arena* own_arena(polycall_serving* serving) {
  if (!serving->has_own_arena) {
    polycall_arena_init(&serving->own_arena, serving->space, sizeof serving->space);
    serving->has_own_arena = true;
  }
  return &serving->own_arena;
}

polycall_arena* polycall_serving_arena(polycall_serving* serving) {
  if (serving->arena == NULL) serving->arena = own_arena(serving);
  return serving->arena;
}

static inline void end_arena(polycall_serving* serving) {
  if (serving->has_own_arena) polycall_arena_free(&serving->own_arena);
}

const void* polycall_serving_request(polycall_serving* serving, const polycall_message* request,
                                     const polycall_message_type* type) {
  if (is_object_of(request, type)) return ((const polycall_object*)request->object)->message;
  polycall_status status = POLYCALL_STATUS_INIT;
  const void* const view = polycall_typed_view(type, request, NULL, own_arena(serving), &status);
  if (view != NULL) return view;
  polycall_call_finish(serving->call, &status, NULL);
  polycall_status_clear(&status);
  end_arena(serving);
  return NULL;
}

void* polycall_serving_reply(polycall_serving* serving, void* local,
                             const polycall_message_type* type) {
  serving->reply_type = type;
  serving->reply = (polycall_object*)polycall_call_response_place(serving->call, type);
  if (serving->reply != NULL) {
    serving->arena = serving->reply->arena;
  } else {
    wrap(&serving->own, type, local);
    serving->own.arena = polycall_serving_arena(serving);
    serving->reply = &serving->own;
  }
  void* const message = serving->reply->message;
  polycall_codec_init(serving->reply->table, message);
  return message;
}

void polycall_serving_end(polycall_serving* serving, polycall_code code, polycall_status* status) {
  if (code == POLYCALL_OK && status->code == POLYCALL_OK) {
    if (serving->reply == NULL) {
      polycall_call_finish(serving->call, NULL, NULL);
    } else {
      polycall_message message = POLYCALL_MESSAGE_INIT;
      message.type = serving->reply_type;
      message.object = serving->reply;
      polycall_call_finish(serving->call, NULL, &message);
    }
  } else {
    if (status->code == POLYCALL_OK) status->code = code; /* a code without a text */
    polycall_call_finish(serving->call, status, NULL);
    polycall_status_clear(status);
  }
  end_arena(serving);
}

void polycall_serving_dismiss(polycall_serving* serving) { end_arena(serving); }

void polycall_typed_server_finish(polycall_call* call, const polycall_status* status,
                                  const polycall_message_type* type, const void* reply) {
  if (type == NULL || reply == NULL || (status != NULL && status->code != POLYCALL_OK)) {
    polycall_status missing = POLYCALL_STATUS_INIT;
    if (type != NULL && (status == NULL || status->code == POLYCALL_OK)) {
      polycall_status_set(&missing, POLYCALL_INTERNAL,
                          "the handler finished the call OK without a reply", NULL, 0);
      status = &missing;
    }
    polycall_call_finish(call, status, NULL);
    polycall_status_clear(&missing);
    return;
  }
  polycall_object object;
  wrap(&object, type, reply);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.type = type;
  message.object = &object;
  polycall_call_finish(call, status, &message);
}

static void refuse_call(void* arg, polycall_call* call, const polycall_message* request) {
  (void)arg;
  (void)request;
  char text[512];
  snprintf(text, sizeof text, "%s/%s has no handler in this server", polycall_call_service(call),
           polycall_call_method(call));
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, POLYCALL_UNIMPLEMENTED, text, NULL, 0);
  polycall_call_finish(call, &status, NULL);
  polycall_status_clear(&status);
}

polycall_handler polycall_typed_handler(polycall_handler_fn run, polycall_handler_fn run_async,
                                        void* arg, const polycall_message_type* request_type) {
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = run != NULL ? run : run_async != NULL ? run_async : refuse_call;
  handler.arg = arg;
  handler.request_type = request_type;
  handler.asynchronous = run == NULL && run_async != NULL;
  return handler;
}

void* polycall_typed_registration(size_t size, polycall_status* status) {
  void* const made = malloc(size);
  if (made == NULL) set_status(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
  return made;
}

polycall_code polycall_typed_add_service(polycall_server* server,
                                         const polycall_service_descriptor* service,
                                         const polycall_handler* handlers, void* registration,
                                         polycall_status* status) {
  const polycall_code code = polycall_server_add_service(
      server, service, handlers, sizeof *handlers, registration, free, status);
  if (code != POLYCALL_OK) free(registration);
  return code;
}
