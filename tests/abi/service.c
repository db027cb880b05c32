#define _GNU_SOURCE
#include "service.h"

#include <inttypes.h>

static void finish_text(polycall_call* call, const char* text) {
  polycall_message response = text_message(text);
  polycall_call_finish(call, NULL, &response);
}

static void finish_error(polycall_call* call, polycall_code code, const char* text) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, code, text, NULL, 0);
  polycall_call_finish(call, &status, NULL);
  polycall_status_clear(&status);
}

static void echo(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  polycall_call_finish(call, NULL, request);
}

static void fail(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  const char* bytes = request->data;
  char text[256] = "";
  if (request->size > 1 && request->size < sizeof text) {
    memcpy(text, bytes + 1, request->size - 1);
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  /* Details: a google.rpc.Status of the same code. */
  const unsigned char details[] = {0x08, (unsigned char)bytes[0]};
  polycall_status_set(&status, (polycall_code)bytes[0], text, details, sizeof details);
  polycall_call_finish(call, &status, NULL);
  polycall_status_clear(&status);
}

struct later {
  polycall_call* call;
  polycall_message request;
  int waits;
};

static void* finish_later(void* arg) {
  struct later* later = arg;
  for (int i = 0; later->waits && i < 30000 && !polycall_call_is_cancelled(later->call); ++i) {
    sleep_ms(1);
  }
  sleep_ms(20);
  polycall_call_finish(later->call, NULL, &later->request);
  polycall_message_release(&later->request);
  free(later);
  return NULL;
}

static void later(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  struct later* later = malloc(sizeof *later);
  later->call = call;
  later->waits = service->later_waits;
  later->request = (polycall_message)POLYCALL_MESSAGE_INIT;
  polycall_message_keep(request, &later->request);
  pthread_t thread;
  pthread_create(&thread, NULL, finish_later, later);
  pthread_detach(thread);
}

static void block(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  event_set(&service->entered);
  event_wait(&service->gate);
  polycall_call_finish(call, NULL, request);
}

static void heard_cancel(void* arg) {
  struct service* service = arg;
  event_set(&service->heard);
}

static void wait_until_cancelled(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  (void)request;
  atomic_fetch_add(&service->calls, 1);
  polycall_call_on_cancel(call, heard_cancel, service);
  event_set(&service->entered);
  for (int i = 0; i < 1000 && !polycall_call_is_cancelled(call); ++i) {
    sleep_ms(10);
  }
  finish_error(call, POLYCALL_CANCELLED, "the handler saw its cancellation");
}

static void describe(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  (void)request;
  atomic_fetch_add(&service->calls, 1);
  char peer[256];
  polycall_call_peer(call, peer, sizeof peer);
  int64_t left = polycall_call_time_left(call);
  char text[768];
  snprintf(text, sizeof text, "%s/%s kind %d over %s from %s left %" PRId64 " current %s",
           polycall_call_service(call), polycall_call_method(call), polycall_call_kind(call),
           polycall_call_transport(call), peer[0] ? "a peer" : "nobody",
           left == INT64_MAX ? -1 : left / MILLISECOND,
           polycall_call_current() == call ? "yes" : "no");
  finish_text(call, text);
}

/* Sends the caller's "x-echo" values back as initial and its "x-echo-bin" as trailing metadata. */
static void metadata(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  const polycall_metadata* received = polycall_call_metadata(call);
  polycall_metadata* initial = polycall_metadata_new();
  polycall_metadata* trailing = polycall_metadata_new();
  const char* key;
  const void* value;
  size_t size;
  for (size_t i = 0; polycall_metadata_get(received, i, &key, &value, &size); ++i) {
    if (strcmp(key, "x-echo") == 0) {
      polycall_metadata_add(initial, key, value, size, NULL);
    } else if (strcmp(key, "x-echo-bin") == 0) {
      polycall_metadata_add(trailing, key, value, size, NULL);
    }
  }
  CHECK_NUMBER(polycall_call_send_initial_metadata(call, initial, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_call_set_trailing_metadata(call, trailing, NULL), POLYCALL_OK);
  polycall_metadata_free(initial);
  polycall_metadata_free(trailing);
  polycall_call_finish(call, NULL, request);
}

static void onward(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  event_set(&service->entered);
  char name[32] = "";
  memcpy(name, request->data, request->size < sizeof name ? request->size : sizeof name - 1);
  const polycall_method_descriptor* found = &test_service.methods[ECHO];
  for (size_t i = 0; i < test_service.method_count; ++i) {
    if (strcmp(test_service.methods[i].name, name) == 0) {
      found = &test_service.methods[i];
    }
  }
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(service->onward, test_service.name, found);
  unary.request = *request;
  polycall_unary_call(service->onward, &unary);
  polycall_call_finish(call, &unary.status, unary.status.code ? NULL : &unary.response);
  unary_clear(&unary);
}

static void collect(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  CHECK(request == NULL);
  atomic_fetch_add(&service->calls, 1);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  int messages = 0;
  size_t bytes = 0;
  while (polycall_call_receive(call, &message)) {
    ++messages;
    bytes += message.size;
    polycall_message_release(&message);
  }
  if (polycall_call_is_cancelled(call)) {
    event_set(&service->heard);
    finish_error(call, POLYCALL_CANCELLED, "");
    return;
  }
  char text[64];
  snprintf(text, sizeof text, "%d messages, %zu bytes", messages, bytes);
  finish_text(call, text);
}

static void count(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  atomic_fetch_add(&service->calls, 1);
  char text[32] = "";
  memcpy(text, request->data, request->size < sizeof text ? request->size : sizeof text - 1);
  int wanted = atoi(text);
  for (int i = 0; i < wanted; ++i) {
    snprintf(text, sizeof text, "%d", i);
    polycall_message message = text_message(text);
    if (polycall_call_send(call, &message, i + 1 < wanted ? POLYCALL_SEND_BUFFERED : 0, NULL) !=
        POLYCALL_OK) {
      event_set(&service->heard);
      break;
    }
    atomic_fetch_add(&service->sent, 1);
  }
  polycall_call_finish(call, NULL, NULL);
}

static void chat(void* arg, polycall_call* call, const polycall_message* request) {
  struct service* service = arg;
  (void)request;
  atomic_fetch_add(&service->calls, 1);
  event_set(&service->entered);
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message)) {
    polycall_call_send(call, &message, 0, NULL);
    polycall_message_release(&message);
  }
  if (polycall_call_is_cancelled(call)) {
    event_set(&service->heard);
  }
  polycall_call_finish(call, NULL, NULL);
}

#define METHOD(name, kind, flags) \
  { sizeof(polycall_method_descriptor), name, kind, flags, 0, "abi.v1.Text", "abi.v1.Text" }

static const polycall_method_descriptor methods[METHOD_COUNT] = {
    [ECHO] = METHOD("Echo", POLYCALL_UNARY, POLYCALL_METHOD_IDEMPOTENT),
    [FAIL] = METHOD("Fail", POLYCALL_UNARY, 0),
    [LATER] = METHOD("Later", POLYCALL_UNARY, 0),
    [BLOCK] = METHOD("Block", POLYCALL_UNARY, 0),
    [WAIT] = METHOD("Wait", POLYCALL_UNARY, 0),
    [DESCRIBE] = METHOD("Describe", POLYCALL_UNARY, 0),
    [METADATA] = METHOD("Metadata", POLYCALL_UNARY, 0),
    [ONWARD] = METHOD("Onward", POLYCALL_UNARY, 0),
    [COLLECT] = METHOD("Collect", POLYCALL_CLIENT_STREAMING, 0),
    [COUNT] = METHOD("Count", POLYCALL_SERVER_STREAMING, 0),
    [CHAT] = METHOD("Chat", POLYCALL_BIDI_STREAMING, 0),
};

const polycall_service_descriptor test_service = {
    sizeof(polycall_service_descriptor), "abi.v1.Test", methods, METHOD_COUNT,
    sizeof(polycall_method_descriptor),  NULL,          0,       0x1122334455667788u};

static const polycall_handler_fn functions[METHOD_COUNT] = {
    [ECHO] = echo,         [FAIL] = fail,         [LATER] = later,
    [BLOCK] = block,       [DESCRIBE] = describe, [WAIT] = wait_until_cancelled,
    [METADATA] = metadata, [ONWARD] = onward,     [COLLECT] = collect,
    [COUNT] = count,       [CHAT] = chat,
};

void service_init(struct service* service) {
  event_init(&service->entered);
  event_init(&service->gate);
  event_init(&service->heard);
  atomic_init(&service->calls, 0);
  atomic_init(&service->sent, 0);
  atomic_init(&service->freed, 0);
  service->onward = NULL;
  service->later_waits = 0;
}

static void service_freed(void* arg) {
  struct service* service = arg;
  atomic_fetch_add(&service->freed, 1);
}

polycall_code service_add(polycall_server* server, struct service* service,
                          polycall_status* status) {
  polycall_handler handlers[METHOD_COUNT];
  for (int i = 0; i < METHOD_COUNT; ++i) {
    handlers[i] = (polycall_handler)POLYCALL_HANDLER_INIT;
    handlers[i].fn = functions[i];
    handlers[i].arg = service;
    handlers[i].asynchronous = i == LATER;
  }
  return polycall_server_add_service(server, &test_service, handlers, sizeof handlers[0], service,
                                     service_freed, status);
}
