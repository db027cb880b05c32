#include <stdio.h>
#include <string.h>

#include "polycall/bench_options.h"
#include "polycall/raw_echo.h"

static uint32_t stream_count;

void raw_echo_set_stream_count(uint32_t count) { stream_count = count; }

int raw_echo_fail(const char* what, polycall_status* status) {
  fprintf(stderr, "%s: %s: %s\n", what, polycall_code_name(status->code),
          status->message != NULL ? status->message : "");
  polycall_status_clear(status);
  return 1;
}

const polycall_service_descriptor* raw_echo_service(const char* variant) {
  static polycall_method_descriptor methods[RAW_METHOD_COUNT] = {
      {sizeof(polycall_method_descriptor), "Echo", POLYCALL_UNARY, 0, 0, "echo.v1.EchoMessage",
       "echo.v1.EchoMessage"},
      {sizeof(polycall_method_descriptor), "Stream", POLYCALL_SERVER_STREAMING, 0, 0,
       "echo.v1.EchoMessage", "echo.v1.EchoMessage"},
      {sizeof(polycall_method_descriptor), "Chat", POLYCALL_BIDI_STREAMING, 0, 0,
       "echo.v1.EchoMessage", "echo.v1.EchoMessage"}};
  static const polycall_service_descriptor kService = {sizeof(polycall_service_descriptor),
                                                       "echo.v1.EchoService",
                                                       methods,
                                                       RAW_METHOD_COUNT,
                                                       sizeof(polycall_method_descriptor),
                                                       NULL,
                                                       0,
                                                       0};
  methods[RAW_ECHO_METHOD].flags = strcmp(variant, "inline") == 0 ? POLYCALL_METHOD_INLINE : 0;
  return &kService;
}

static void echo(void* arg, polycall_call* call, const polycall_message* request) {
  polycall_call_finish(call, NULL, request);
}

static void stream(void* arg, polycall_call* call, const polycall_message* request) {
  for (uint32_t i = 0; i < stream_count; ++i) {
    uint32_t flags = i + 1 < stream_count ? POLYCALL_SEND_BUFFERED : 0;
    if (polycall_call_send(call, request, flags, NULL) != POLYCALL_OK) break;
  }
  polycall_call_finish(call, NULL, NULL);
}

static void chat(void* arg, polycall_call* call, const polycall_message* request) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message)) {
    polycall_code code = polycall_call_send(call, &message, 0, NULL);
    polycall_message_release(&message);
    if (code != POLYCALL_OK) break;
  }
  polycall_call_finish(call, NULL, NULL);
}

polycall_server* raw_echo_server_new(const bench_options* options) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_handler handlers[RAW_METHOD_COUNT] = {POLYCALL_HANDLER_INIT, POLYCALL_HANDLER_INIT,
                                                 POLYCALL_HANDLER_INIT};
  polycall_server_options server_options = POLYCALL_SERVER_OPTIONS_INIT;
  polycall_server* server;
  server_options.transports = bench_transports();
  server = polycall_server_new(&server_options, &status);
  if (server == NULL) {
    raw_echo_fail("server_new", &status);
    return NULL;
  }
  handlers[RAW_ECHO_METHOD].fn = echo;
  handlers[RAW_STREAM_METHOD].fn = stream;
  handlers[RAW_CHAT_METHOD].fn = chat;
  stream_count = options->stream_count;
  if (polycall_server_add_service(server, raw_echo_service(options->variant), handlers,
                                  sizeof(polycall_handler), NULL, NULL, &status) != POLYCALL_OK) {
    raw_echo_fail("server_add_service", &status);
    polycall_server_free(server);
    return NULL;
  }
  return server;
}

int raw_echo_serve(const bench_options* options) {
  polycall_status status = POLYCALL_STATUS_INIT;
  char address[512];
  polycall_server* server = raw_echo_server_new(options);
  int failed = 1;
  if (server == NULL) return 1;
  if (polycall_server_listen(server, options->target, address, sizeof(address), &status) != 0) {
    raw_echo_fail("server_listen", &status);
  } else if (polycall_server_start(server, &status) != POLYCALL_OK) {
    raw_echo_fail("server_start", &status);
  } else {
    bench_server_ready(address);
    bench_server_wait();
    polycall_server_shutdown(server, 100000000);
    failed = 0;
  }
  polycall_server_free(server);
  return failed;
}
