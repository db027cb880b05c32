/* The Evaluator service, in C. As a module for a host, it exports its registration function. */
#include <stdlib.h>

#include "program.h"
#include "symbolic.polycall.h"

enum { DEFAULT_CHUNK = 16384, LARGEST_CHUNK = 1 << 18 };

/* Sends the values chunk by chunk; each chunk in blocks that stay in the first-level cache. */
static polycall_code send_values(const symbolic_v1_EvaluateRequest* request,
                                 const program* compiled, double (*stack)[PROGRAM_BLOCK],
                                 double* chunk, uint32_t chunk_size, polycall_call* call,
                                 polycall_status* status) {
  const double step = (request->to - request->from) / (request->points - 1);
  for (uint32_t first = 0; first < request->points; first += chunk_size) {
    const uint32_t left = request->points - first;
    const uint32_t size = left < chunk_size ? left : chunk_size;
    for (uint32_t at = 0; at < size; at += PROGRAM_BLOCK) {
      const int block = size - at < PROGRAM_BLOCK ? (int)(size - at) : PROGRAM_BLOCK;
      double x[PROGRAM_BLOCK];
      for (int i = 0; i < block; ++i) {
        x[i] = request->from + step * (first + at + (uint32_t)i);
      }
      program_run(compiled, x, chunk + at, block, stack);
    }
    const symbolic_v1_Samples samples = {.first = first, .values = {chunk, size, 0}};
    const polycall_code code =
        symbolic_v1_Evaluator_server_evaluate_send(call, &samples, 0, status);
    if (code != POLYCALL_OK) {
      return code; /* the caller has gone */
    }
  }
  return POLYCALL_OK;
}

static polycall_code evaluate(void* arg, polycall_call* call,
                              const symbolic_v1_EvaluateRequest* request, polycall_arena* arena,
                              polycall_status* status) {
  (void)arg;
  if (request->points < 2 || !(request->from < request->to)) {
    polycall_status_set(status, POLYCALL_INVALID_ARGUMENT,
                        "points must be 2 or more, and from less than to", NULL, 0);
    return POLYCALL_INVALID_ARGUMENT;
  }
  const uint32_t chunk_size = request->chunk == 0              ? DEFAULT_CHUNK
                              : request->chunk > LARGEST_CHUNK ? LARGEST_CHUNK
                                                               : request->chunk;
  program* const compiled = polycall_arena_alloc(arena, sizeof(program));
  if (compiled == NULL) {
    return POLYCALL_RESOURCE_EXHAUSTED;
  }
  const polycall_code code = program_compile(compiled, request->expression, status);
  if (code != POLYCALL_OK) {
    return code;
  }
  double(*const stack)[PROGRAM_BLOCK] =
      polycall_arena_alloc(arena, sizeof *stack * (size_t)compiled->depth);
  double* const chunk = polycall_arena_alloc(arena, sizeof(double) * chunk_size);
  if (stack == NULL || chunk == NULL) {
    return POLYCALL_RESOURCE_EXHAUSTED;
  }
  return send_values(request, compiled, stack, chunk, chunk_size, call, status);
}

POLYCALL_API polycall_code polycall_register(polycall_server* server, polycall_status* status);

polycall_code polycall_register(polycall_server* server, polycall_status* status) {
  const symbolic_v1_Evaluator_handlers handlers = {.evaluate = evaluate};
  return symbolic_v1_Evaluator_serve(server, &handlers, NULL, status);
}
