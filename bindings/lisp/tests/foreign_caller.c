/* Calls from a thread that Lisp did not make, for foreign-test.lisp. */
#include <pthread.h>

#include "polycall/polycall.h"

typedef struct calls {
  const char* target;
  const void* request; /* a calc.v1.AddRequest for Odd */
  size_t size;
  int times;
  int code; /* of all of them; -2: they differ; -1: there was none */
} calls;

static void* call_all(void* arg) {
  calls* const all = arg;
  const polycall_method_descriptor odd = {sizeof odd, "Odd", POLYCALL_UNARY, 0, 0, NULL, NULL};
  polycall_channel* const channel = polycall_channel_new(all->target, NULL, NULL);
  if (channel == NULL) return NULL;
  for (int i = 0; i < all->times; ++i) {
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = polycall_channel_method(channel, "calc.v1.Calc", &odd);
    unary.request.data = all->request;
    unary.request.size = all->size;
    const int code = polycall_unary_call(channel, &unary);
    polycall_status_clear(&unary.status);
    polycall_message_release(&unary.response);
    if (i > 0 && code != all->code) {
      all->code = -2;
      break;
    }
    all->code = code;
  }
  polycall_channel_free(channel);
  return NULL;
}

/* The code of `times` calls, one after the other on one new thread; -2 if they differ, -1 if there was none. */
__attribute__((visibility("default"))) int foreign_calls(const char* target, const void* request,
                                                         size_t size, int times) {
  calls all = {target, request, size, times, -1};
  pthread_t thread;
  if (pthread_create(&thread, NULL, call_all, &all) != 0) return -1;
  pthread_join(thread, NULL);
  return all.code;
}
