#define _GNU_SOURCE
#include <unistd.h>

#include "service.h"

const char* fresh_target(void) {
  static char target[128];
  static atomic_int number;
  int n = atomic_fetch_add(&number, 1);
  if (strcmp(transport(), "unix") == 0 || strcmp(transport(), "shm") == 0) {
    snprintf(target, sizeof target, "unix:/tmp/polycall-abi-%d-%d.sock", (int)getpid(), n);
  } else if (strcmp(transport(), "tcp") == 0) {
    snprintf(target, sizeof target, "tcp://127.0.0.1:0");
  } else {
    snprintf(target, sizeof target, "inproc:abi-%d-%d", (int)getpid(), n);
  }
  return target;
}

bool fixture_start(struct fixture* fixture, const polycall_server_options* server_options,
                   const polycall_channel_options* channel_options) {
  polycall_status status = POLYCALL_STATUS_INIT;
  service_init(&fixture->service);
  fixture->channel = NULL;
  fixture->server = polycall_server_new(server_options, &status);
  bool good = CHECK_STATUS(&status, POLYCALL_OK) && CHECK(fixture->server != NULL);
  if (good) {
    service_add(fixture->server, &fixture->service, &status);
    good = CHECK_STATUS(&status, POLYCALL_OK);
  }
  if (good) {
    polycall_server_listen(fixture->server, fresh_target(), fixture->address,
                           sizeof fixture->address, &status);
    good = CHECK_STATUS(&status, POLYCALL_OK);
  }
  if (good) {
    polycall_server_start(fixture->server, &status);
    good = CHECK_STATUS(&status, POLYCALL_OK);
  }
  if (good) {
    /* Over the transport under test, and no better one. */
    const char* allowed[] = {transport(), NULL};
    polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
    if (channel_options != NULL) {
      options = *channel_options;
    }
    if (options.transports == NULL) {
      options.transports = allowed;
    }
    fixture->channel = polycall_channel_new(fixture->address, &options, &status);
    good = CHECK_STATUS(&status, POLYCALL_OK) && CHECK(fixture->channel != NULL);
  }
  polycall_status_clear(&status);
  if (!good) {
    fixture_end(fixture);
  }
  return good;
}

void fixture_end(struct fixture* fixture) {
  if (fixture->channel != NULL) {
    polycall_channel_free(fixture->channel);
    fixture->channel = NULL;
  }
  if (fixture->server != NULL) {
    polycall_server_free(fixture->server);
    fixture->server = NULL;
  }
}

const polycall_method* method_of(struct fixture* fixture, enum method_index index) {
  return polycall_channel_method(fixture->channel, test_service.name, &test_service.methods[index]);
}

polycall_message text_message(const char* text) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = text;
  message.size = strlen(text);
  return message;
}

bool message_is(const polycall_message* message, const char* text) {
  size_t size = strlen(text);
  bool same = message->size == size && (size == 0 || memcmp(message->data, text, size) == 0);
  if (!same) {
    printf("    the message is \"%.*s\", not \"%s\"\n", (int)message->size,
           message->data ? (const char*)message->data : "", text);
  }
  return same;
}

polycall_code call_text(struct fixture* fixture, enum method_index index, const char* request,
                        const polycall_call_options* options, polycall_unary* unary) {
  *unary = (polycall_unary)POLYCALL_UNARY_INIT;
  unary->method = method_of(fixture, index);
  unary->options = options;
  unary->request = text_message(request);
  return polycall_unary_call(fixture->channel, unary);
}

void unary_clear(polycall_unary* unary) {
  polycall_status_clear(&unary->status);
  polycall_message_release(&unary->response);
  polycall_metadata_free(unary->initial_metadata);
  polycall_metadata_free(unary->trailing_metadata);
  unary->initial_metadata = NULL;
  unary->trailing_metadata = NULL;
}

polycall_call* start(struct fixture* fixture, enum method_index index, int64_t timeout_ns) {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = timeout_ns != 0 ? timeout_ns : 30 * SECOND;
  return polycall_call_start(fixture->channel, method_of(fixture, index), &options);
}
