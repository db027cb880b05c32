#define _GNU_SOURCE
#include "polycall_hs_call.h"

#include "polycall/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Polycall.Foreign reads these places. */
_Static_assert(sizeof(polycall_unary) == 168, "Polycall.Foreign: the size of a unary");
_Static_assert(offsetof(polycall_unary, status) == 80, "Polycall.Foreign: a unary's status");
_Static_assert(offsetof(polycall_unary, response) == 104, "Polycall.Foreign: a unary's response");
_Static_assert(offsetof(polycall_unary, initial_metadata) == 144, "Polycall.Foreign: metadata");
_Static_assert(offsetof(polycall_unary, trailing_metadata) == 152, "Polycall.Foreign: metadata");
_Static_assert(sizeof(polycall_call_options) == 48, "Polycall.Foreign: call options");
_Static_assert(offsetof(polycall_call_options, metadata) == 24, "Polycall.Foreign: call options");
_Static_assert(offsetof(polycall_call_options, parent) == 32, "Polycall.Foreign: call options");
_Static_assert(offsetof(polycall_unary, response_type) == 64,
               "Polycall.Foreign: a response's type");
_Static_assert(offsetof(polycall_call_options, response_type) == 40,
               "Polycall.Foreign: call options");
_Static_assert(offsetof(polycall_message, type) == 24, "Polycall.Foreign: a message's type");
_Static_assert(offsetof(polycall_message, object) == 32, "Polycall.Foreign: a message's object");
_Static_assert(sizeof(polycall_message) == 40, "Polycall.Foreign: a message");
_Static_assert(sizeof(polycall_status) == 24, "Polycall.Foreign: a status");

/* ------------------------------------------------------------------------------------------------
 * Interruption
 * --------------------------------------------------------------------------------------------- */

/* Where the call stands that this thread waits for; NULL: it waits for none. Written and read by one
 * thread, in the handler too. */
static _Thread_local polycall_call** volatile waiting;

static int jobs[2] = {-1, -1};
static struct sigaction previous;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int start_error;

/* What the handler asks for: cancel `call`, whose reference is handed over; or, while the call was not
 * there yet, signal the thread again. */
typedef struct job {
  polycall_call* call;
  pid_t thread;
} job;

static void interrupted(int signal, siginfo_t* info, void* context) {
  const int saved = errno;
  polycall_call** const place = waiting;
  if (place != NULL) {
    const job wanted = {__atomic_load_n(place, __ATOMIC_ACQUIRE), (pid_t)syscall(SYS_gettid)};
    if (wanted.call != NULL) polycall_call_retain(wanted.call);
    /* A full pipe: 1,000 interruptions wait already; this one stays undone. */
    if (write(jobs[1], &wanted, sizeof wanted) < 0 && wanted.call != NULL) {
      polycall_call_release(wanted.call); /* never the last one: the waiter has its own */
    }
  }
  errno = saved;
  if (previous.sa_flags & SA_SIGINFO) {
    if (previous.sa_sigaction != NULL) previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  }
}

static void* cancel_calls(void* arg) {
  (void)arg;
  job next;
  while (read(jobs[0], &next, sizeof next) == (ssize_t)sizeof next) {
    if (next.call != NULL) {
      polycall_call_cancel(next.call, POLYCALL_CANCELLED, "the caller's thread was interrupted");
      polycall_call_release(next.call);
      continue;
    }
    const struct timespec moment = {0, 1000000};
    nanosleep(&moment, NULL);
    syscall(SYS_tgkill, getpid(), next.thread, SIGPIPE);
  }
  return NULL;
}

static void start_thread(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  start_error = pthread_create(&thread, &attributes, cancel_calls, NULL);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Tells hosts of other languages, and Haskell's own, that GHC's runtime is here. Modules of Haskell bring
 * the shared runtime: with one that the program was linked with statically there would be two. */
static void declare(void) {
  static const polycall_host_exclusion two = {
      "ghc", "the program was linked with a GHC runtime of its own; link it with ghc -dynamic"};
  polycall_status status = POLYCALL_STATUS_INIT;
  if (dlsym(RTLD_DEFAULT, "hs_init_ghc") != NULL) {
    polycall_host_declare("ghc", NULL, 0, &status);
  } else {
    polycall_host_declare("ghc-static", &two, 1, &status);
  }
  polycall_status_clear(&status); /* whoever excludes GHC was told; it runs already */
}

static void start(void) {
  declare();
  if (pipe2(jobs, O_CLOEXEC) != 0) {
    start_error = errno;
    return;
  }
  fcntl(jobs[1], F_SETFL, O_NONBLOCK);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = interrupted;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGPIPE, NULL, &previous) != 0 || sigaction(SIGPIPE, &action, NULL) != 0) {
    start_error = errno;
    return;
  }
  start_thread();
}

int polycall_hs_start(void) {
  pthread_once(&once, start);
  return start_error;
}

/* ------------------------------------------------------------------------------------------------
 * Calls
 * --------------------------------------------------------------------------------------------- */

/* Bytes, or with a type the object that `data` is then. */
static polycall_message message_of(const void* data, size_t size,
                                   const polycall_message_type* type) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  if (type != NULL) {
    message.type = type;
    message.object = (void*)data;
  } else {
    message.data = data;
    message.size = size;
  }
  return message;
}

int32_t polycall_hs_unary(polycall_channel* channel, const polycall_method* method,
                          const polycall_call_options* options, const void* data, size_t size,
                          const polycall_message_type* type,
                          const polycall_message_type* response_type, polycall_unary* unary,
                          int cancellable) {
  memset(unary, 0, sizeof *unary);
  unary->struct_size = sizeof *unary;
  unary->method = method;
  unary->options = options;
  unary->request = message_of(data, size, type);
  unary->response_type = response_type;
  if (!cancellable) return polycall_unary_call(channel, unary);
  polycall_call* call = NULL;
  polycall_call** const before = waiting; /* a handler's call within a call over inproc */
  unary->call = &call;
  waiting = &call;
  const int32_t code = polycall_unary_call(channel, unary);
  waiting = before;
  polycall_call_release(call);
  return code;
}

#define WAITING(expression)                 \
  polycall_call** const before_ = waiting;  \
  waiting = &call;                          \
  const __auto_type result_ = (expression); \
  waiting = before_;                        \
  return result_

int polycall_hs_receive(polycall_call* call, polycall_message* message) {
  memset(message, 0, sizeof *message);
  WAITING(polycall_call_receive(call, message));
}

int32_t polycall_hs_send(polycall_call* call, const void* data, size_t size,
                         const polycall_message_type* type, uint32_t flags,
                         polycall_status* status) {
  const polycall_message message = message_of(data, size, type);
  memset(status, 0, sizeof *status);
  WAITING((int32_t)polycall_call_send(call, &message, flags, status));
}

int32_t polycall_hs_wait(polycall_call* call, polycall_status* status,
                         const polycall_metadata** trailing) {
  memset(status, 0, sizeof *status);
  *trailing = NULL;
  WAITING((int32_t)polycall_call_wait(call, status, trailing));
}

const polycall_metadata* polycall_hs_initial_metadata(polycall_call* call) {
  WAITING(polycall_call_initial_metadata(call));
}

int32_t polycall_hs_handler_send(polycall_call* call, const void* data, size_t size,
                                 const polycall_message_type* type, polycall_status* status) {
  const polycall_message message = message_of(data, size, type);
  memset(status, 0, sizeof *status);
  return (int32_t)polycall_call_send(call, &message, 0, status);
}

void polycall_hs_finish(polycall_call* call, const void* data, size_t size,
                        const polycall_message_type* type) {
  if (data == NULL) {
    polycall_call_finish(call, NULL, NULL);
    return;
  }
  const polycall_message message = message_of(data, size, type);
  polycall_call_finish(call, NULL, &message);
}

void polycall_hs_finish_status(polycall_call* call, int32_t code, const char* message,
                               const void* details, size_t details_size) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, (polycall_code)code, message, details, details_size);
  polycall_call_finish(call, &status, NULL);
  polycall_status_clear(&status);
}

/* ------------------------------------------------------------------------------------------------
 * Services
 * --------------------------------------------------------------------------------------------- */

struct polycall_hs_service {
  polycall_service_descriptor descriptor;
  polycall_method_descriptor* methods;
  polycall_handler* handlers;
  char** strings; /* copies, three for each method and the service's name */
  size_t string_count;
};

static const char* keep(polycall_hs_service* service, const char* text) {
  char* const copy = strdup(text);
  if (copy != NULL) service->strings[service->string_count++] = copy;
  return copy;
}

static void free_service(polycall_hs_service* service) {
  if (service == NULL) return;
  for (size_t i = 0; i < service->string_count; ++i) free(service->strings[i]);
  free(service->strings);
  free(service->methods);
  free(service->handlers);
  free(service);
}

polycall_hs_service* polycall_hs_service_new(const char* name, size_t method_count,
                                             const void* files, size_t files_size,
                                             uint64_t fingerprint) {
  polycall_hs_service* const service = calloc(1, sizeof *service);
  if (service == NULL) return NULL;
  service->methods = calloc(method_count + 1, sizeof *service->methods);
  service->handlers = calloc(method_count + 1, sizeof *service->handlers);
  service->strings = calloc(3 * method_count + 1, sizeof *service->strings);
  if (service->methods == NULL || service->handlers == NULL || service->strings == NULL) {
    free_service(service);
    return NULL;
  }
  service->descriptor.struct_size = sizeof service->descriptor;
  service->descriptor.name = keep(service, name);
  service->descriptor.methods = service->methods;
  service->descriptor.method_count = method_count;
  service->descriptor.method_stride = sizeof *service->methods;
  service->descriptor.file_descriptor_set = files;
  service->descriptor.file_descriptor_set_size = files_size;
  service->descriptor.fingerprint = fingerprint;
  return service;
}

void polycall_hs_service_method(polycall_hs_service* service, size_t index, const char* name,
                                int32_t kind, uint32_t flags, int64_t default_timeout_ns,
                                const char* request_name, const char* response_name,
                                polycall_handler_fn handler, uint32_t asynchronous,
                                const polycall_message_type* request_type) {
  polycall_method_descriptor* const method = &service->methods[index];
  method->struct_size = sizeof *method;
  method->name = keep(service, name);
  method->kind = kind;
  method->flags = flags;
  method->default_timeout_ns = default_timeout_ns;
  method->request_name = keep(service, request_name);
  method->response_name = keep(service, response_name);
  polycall_handler* const entry = &service->handlers[index];
  entry->struct_size = sizeof *entry;
  entry->fn = handler;
  entry->asynchronous = asynchronous;
  entry->request_type = request_type;
}

int32_t polycall_hs_service_add(polycall_hs_service* service, polycall_server* server, void* arg,
                                void (*free_arg)(void* arg), polycall_status* status) {
  memset(status, 0, sizeof *status);
  const polycall_code code =
      polycall_server_add_service(server, &service->descriptor, service->handlers,
                                  sizeof *service->handlers, arg, free_arg, status);
  free_service(service);
  return (int32_t)code;
}

const polycall_method* polycall_hs_method(polycall_channel* channel, const char* service,
                                          const char* name, int32_t kind, uint32_t flags,
                                          int64_t default_timeout_ns, const char* request_name,
                                          const char* response_name) {
  polycall_method_descriptor method;
  memset(&method, 0, sizeof method);
  method.struct_size = sizeof method;
  method.name = name;
  method.kind = kind;
  method.flags = flags;
  method.default_timeout_ns = default_timeout_ns;
  method.request_name = request_name;
  method.response_name = response_name;
  return polycall_channel_method(channel, service, &method);
}
