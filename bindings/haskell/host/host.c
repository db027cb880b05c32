/* libpolycall_host_haskell.so: modules of Haskell in this process.
 *
 * A module is a shared library that ghc made with -dynamic -flink-rts; with it comes the one GHC runtime
 * of the process, which is found in it here. It is initialised once, for the first module, and never
 * ended: GHC's runtime cannot start a second time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "Rts.h"
#include "polycall/host.h"

#define DEFAULT_SYMBOL "polycall_register"

typedef int32_t (*register_fn)(polycall_server* server, polycall_status* status);
typedef void (*init_fn)(int* argc, char*** argv, RtsConfig config);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int started;      /* guarded by lock */
static char** arguments; /* copies, for the runtime; set by `start` alone */

__attribute__((format(printf, 3, 4))) static polycall_code fail(polycall_status* status,
                                                                polycall_code code,
                                                                const char* format, ...) {
  char text[PATH_MAX + 1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (status != NULL) polycall_status_set(status, code, text, NULL, 0);
  return code;
}

static polycall_code start(const polycall_host_start* options, polycall_status* status) {
  size_t count = 0;
  while (options->arguments[count] != NULL) ++count;
  arguments = calloc(count + 1, sizeof *arguments);
  if (arguments == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "no memory");
  for (size_t i = 0; i < count; ++i) {
    arguments[i] = strdup(options->arguments[i]);
    if (arguments[i] == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "no memory");
  }
  return POLYCALL_OK;
}

/* The runtime of the process, out of the library of the first module. Under the lock. */
static polycall_code start_runtime(void* library, polycall_status* status) {
  if (started) return POLYCALL_OK;
  const init_fn init = (init_fn)dlsym(library, "hs_init_ghc");
  const RtsConfig* const defaults = (const RtsConfig*)dlsym(library, "defaultRtsConfig");
  if (init == NULL || defaults == NULL) {
    return fail(status, POLYCALL_INVALID_ARGUMENT,
                "the module brings no GHC runtime: link it with ghc -shared -dynamic -threaded "
                "-flink-rts");
  }
  size_t count = 0;
  while (arguments[count] != NULL) ++count;
  /* Signals and idle-time collections are the program's business; a bound on the stack makes endless
   * recursion a StackOverflow before the memory is full. What the loader says comes last and wins. */
  static char* const fixed[] = {"polycall", "+RTS", "--install-signal-handlers=no", "-I0", "-K256m",
                                "-A4m",     "-N"};
  const size_t fixed_count = sizeof fixed / sizeof fixed[0];
  int argc = (int)(fixed_count + count);
  char** const argv = calloc(fixed_count + count + 1, sizeof *argv); /* the runtime keeps it */
  if (argv == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "no memory");
  memcpy(argv, fixed, sizeof fixed);
  memcpy(argv + fixed_count, arguments, count * sizeof *argv);
  char** given = argv;
  RtsConfig config = *defaults;
  config.rts_opts_enabled = RtsOptsAll;
  init(&argc, &given, config);
  /* A module that comes later has its exports registered by nobody: keep what they refer to. */
  void (*const keep)(void) = (void (*)(void))dlsym(library, "setKeepCAFs");
  if (keep != NULL) keep();
  void (*const flush)(void) = (void (*)(void))dlsym(library, "polycall_hs_flush");
  if (flush != NULL) atexit(flush);
  started = 1;
  return POLYCALL_OK;
}

static polycall_code load(const char* module, polycall_server* server, polycall_status* status) {
  char path[PATH_MAX];
  const char* symbol = DEFAULT_SYMBOL;
  const char* const slash = strrchr(module, '/');
  const char* const colon = strchr(slash == NULL ? module : slash, ':');
  const size_t length = colon == NULL ? strlen(module) : (size_t)(colon - module);
  if (length == 0 || length + 3 > sizeof path || (colon != NULL && colon[1] == '\0')) {
    return fail(status, POLYCALL_INVALID_ARGUMENT,
                "\"%s\" names no Haskell module: it is library.so[:symbol]", module);
  }
  if (colon != NULL) symbol = colon + 1;
  snprintf(path, sizeof path, "%s%.*s", slash == NULL ? "./" : "", (int)length, module);
  if (access(path, R_OK) != 0) {
    return fail(status, POLYCALL_NOT_FOUND, "there is no file %s that can be read", path);
  }
  pthread_mutex_lock(&lock);
  void* const library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) {
    const char* const reason = dlerror();
    pthread_mutex_unlock(&lock);
    return fail(status, POLYCALL_INVALID_ARGUMENT, "cannot load %s: %s", path,
                reason == NULL ? "unknown" : reason);
  }
  const register_fn function = (register_fn)dlsym(library, symbol);
  const polycall_code code =
      function == NULL
          ? fail(status, POLYCALL_NOT_FOUND,
                 "%s exports no function %s: declare it with `foreign export ccall`", path, symbol)
          : start_runtime(library, status);
  pthread_mutex_unlock(&lock);
  if (code != POLYCALL_OK) return code; /* never unloaded: its runtime may have threads */
  polycall_status result = POLYCALL_STATUS_INIT;
  const int32_t outcome = function(server, &result);
  if (status != NULL) {
    *status = result;
  } else {
    polycall_status_clear(&result);
  }
  return (polycall_code)outcome;
}

const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_module module = {sizeof(polycall_host_module),
                                              POLYCALL_HOST_ABI_VERSION,
                                              0,
                                              "haskell",
                                              "ghc",
                                              NULL,
                                              0,
                                              start,
                                              load};
  return &module;
}
