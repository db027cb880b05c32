#include <stdio.h>

#include "hello.polycall.h"

int main(int argc, char** argv) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel =
      polycall_channel_new(argc > 1 ? argv[1] : "unix:/tmp/hello.sock", NULL, &status);
  if (channel == NULL) {
    fprintf(stderr, "%s\n", status.message);
    return 1;
  }
  hello_v1_Greeter_client greeter;
  hello_v1_Greeter_client_init(&greeter, channel);

  polycall_arena arena; /* what an answer points to */
  polycall_arena_init(&arena, NULL, 0);
  hello_v1_Person person = {.name = polycall_string_from("Ada")};
  hello_v1_Greeting greeting;
  if (hello_v1_Greeter_greet(&greeter, &person, &arena, &greeting, NULL, &status) == POLYCALL_OK) {
    printf("%.*s\n", POLYCALL_STRING_ARGS(greeting.text));
  } else {
    fprintf(stderr, "%s: %s\n", polycall_code_name(status.code), status.message);
  }
  polycall_arena_free(&arena);
  polycall_channel_free(channel);
  return status.code;
}
