/* A server and a client in plain C from one .proto, against an installed PolyCall. */
#include <stdio.h>
#include <string.h>

#include "greet.polycall.h"

static polycall_code greet(void* arg, polycall_call* call, const greet_v1_GreetRequest* request,
                           polycall_arena* arena, greet_v1_GreetReply* reply,
                           polycall_status* status) {
  (void)arg;
  if (request->name.size == 0) {
    polycall_status_set(status, POLYCALL_INVALID_ARGUMENT, "nobody to greet", NULL, 0);
    return POLYCALL_INVALID_ARGUMENT;
  }
  char* text = polycall_arena_alloc(arena, request->name.size + 64);
  if (text == NULL) {
    polycall_status_set(status, POLYCALL_RESOURCE_EXHAUSTED, "no memory", NULL, 0);
    return POLYCALL_RESOURCE_EXHAUSTED;
  }
  sprintf(text, "Hello %.*s, over %s", POLYCALL_STRING_ARGS(request->name),
          polycall_call_transport(call));
  reply->text = polycall_string_from(text);
  return POLYCALL_OK;
}

static polycall_code spell(void* arg, polycall_call* call, const greet_v1_GreetRequest* request,
                           polycall_arena* arena, polycall_status* status) {
  (void)arg;
  (void)arena;
  for (size_t i = 0; i < request->name.size; ++i) {
    greet_v1_GreetReply letter = {0};
    letter.text = (polycall_string){request->name.data + i, 1};
    polycall_code code = greet_v1_Greeter_server_spell_send(call, &letter, 0, status);
    if (code != POLYCALL_OK) {
      return code;
    }
  }
  return POLYCALL_OK;
}

static int failed(const char* what, polycall_status* status) {
  fprintf(stderr, "%s: %s: %s\n", what, polycall_code_name(status->code),
          status->message ? status->message : "");
  polycall_status_clear(status);
  return 1;
}

static int run_client(polycall_channel* channel) {
  greet_v1_Greeter_client client;
  greet_v1_Greeter_client_init(&client, channel);
  char space[1024];
  polycall_arena arena;
  polycall_arena_init(&arena, space, sizeof space);
  polycall_status status = POLYCALL_STATUS_INIT;
  greet_v1_GreetRequest request = {0};
  greet_v1_GreetReply reply;
  if (greet_v1_Greeter_greet(&client, &request, &arena, &reply, NULL, &status) == POLYCALL_OK) {
    return 1;
  }
  printf("refused: %s\n", status.message);
  polycall_status_clear(&status);

  request.name = polycall_string_from("Ada");
  if (greet_v1_Greeter_greet(&client, &request, &arena, &reply, NULL, &status) != POLYCALL_OK) {
    return failed("Greet", &status);
  }
  printf("%.*s\n", POLYCALL_STRING_ARGS(reply.text));

  polycall_call* call = greet_v1_Greeter_spell_start(&client, &request, NULL);
  while (greet_v1_Greeter_spell_receive(call, &arena, &reply)) {
    printf("%.*s.", POLYCALL_STRING_ARGS(reply.text));
    polycall_arena_reset(&arena);
  }
  printf("\n");
  polycall_code code = greet_v1_Greeter_spell_finish(call, &status);
  polycall_arena_free(&arena);
  return code == POLYCALL_OK ? 0 : failed("Spell", &status);
}

/* The channel may use `transport` alone. */
static polycall_channel* open_channel(const char* address, const char* transport,
                                      const polycall_tls_options* tls, polycall_status* status) {
  const char* const transports[] = {transport, NULL};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = transports;
  options.tls = tls;
  char target[256];
  const int is_grpc = strcmp(transport, "grpc") == 0; /* a server's one port takes it too */
  snprintf(target, sizeof target, "%s%s", is_grpc ? "grpc" : "",
           is_grpc ? strchr(address, ':') : address);
  return polycall_channel_new(target, &options, status);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s TARGET TRANSPORT [CERTIFICATE KEY]\n", argv[0]);
    return 2;
  }
  polycall_tls_options tls = POLYCALL_TLS_OPTIONS_INIT;
  if (argc == 5) {
    tls.ca_file = tls.certificate_file = argv[3]; /* it vouches for itself */
    tls.key_file = argv[4];
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.tls = argc == 5 ? &tls : NULL;
  polycall_server* server = polycall_server_new(&options, &status);
  const greet_v1_Greeter_handlers handlers = {.greet = greet, .spell = spell};
  char address[256];
  if (server == NULL || greet_v1_Greeter_serve(server, &handlers, NULL, &status) != POLYCALL_OK ||
      polycall_server_listen(server, argv[1], address, sizeof address, &status) != POLYCALL_OK ||
      polycall_server_start(server, &status) != POLYCALL_OK) {
    return failed("cannot serve", &status);
  }
  polycall_channel* channel = open_channel(address, argv[2], options.tls, &status);
  if (channel == NULL) {
    return failed("cannot call", &status);
  }
  int result = run_client(channel);
  polycall_channel_free(channel);
  polycall_server_free(server);
  return result;
}
