// gRPC's testee takes no other language into its process.
#include <stdio.h>

#include "../native/hosting.h"

int hosting_serve(const char* host, const char* target, char* address, size_t size) {
  fprintf(stderr, "the testee of gRPC hosts nobody: %s\n", host);
  return 1;
}

void hosting_stop(void) {}
