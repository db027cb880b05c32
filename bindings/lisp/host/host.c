/* libpolycall_host_lisp.so: modules of Common Lisp in this process, on an embedded ECL. */
#include <dlfcn.h>
#include <ecl/ecl.h>
#include <gc/gc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "polycall/host.h"

static polycall_code fail(polycall_status* status, polycall_code code, const char* text) {
  if (status != NULL) polycall_status_set(status, code, text, NULL, 0);
  return code;
}

/* The function FUNCTION of the binding, (TEXT POINTER) to NIL, or to a code and octets that end with
 * NUL; its outcome as a status. Lisp lets nothing unwind out of it. */
static polycall_code call_lisp(const char* function, const char* text, void* pointer,
                               polycall_status* status) {
  polycall_code code = POLYCALL_INTERNAL;
  const cl_env_ptr env = ecl_process_env();
  int finished = 0;
  ECL_CATCH_ALL_BEGIN(env) {
    cl_object symbol = ecl_make_symbol(function, "POLYCALL");
    cl_object argument = ecl_make_simple_base_string((char*)text, -1);
    cl_object result =
        cl_funcall(3, symbol, argument, ecl_make_unsigned_integer((cl_index)(uintptr_t)pointer));
    if (result == ECL_NIL) {
      code = POLYCALL_OK;
    } else {
      cl_object message = ecl_nth_value(env, 1);
      code = fail(status, (polycall_code)ecl_fixnum(result), (const char*)message->vector.self.b8);
    }
    finished = 1;
  }
  ECL_CATCH_ALL_END;
  if (!finished) {
    code = fail(status, POLYCALL_INTERNAL, "Lisp left the host's function by a non-local exit");
  }
  return code;
}

/* Evaluates TEXT, which is the host's own; NULL for success or what failed, static storage. */
static int load_file(const char* file, char* why, size_t size) {
  const cl_env_ptr env = ecl_process_env();
  int loaded = 0;
  ECL_CATCH_ALL_BEGIN(env) {
    /* Errors are answered as values: the binding, which could say more, is not there yet. */
    cl_object form = c_string_to_object(
        "(lambda (file)"
        "  (handler-case (let ((*standard-output* (make-broadcast-stream)))"
        "                  (load file) nil)"
        "    (error (condition)"
        "      (coerce (remove-if-not (lambda (c) (< 0 (char-code c) 128))"
        "                             (princ-to-string condition))"
        "              'simple-base-string))))");
    cl_object result =
        cl_funcall(2, si_safe_eval(2, form, ECL_NIL), ecl_make_simple_base_string((char*)file, -1));
    if (result == ECL_NIL) {
      loaded = 1;
    } else {
      snprintf(why, size, "%s: %s", file, (const char*)result->base_string.self);
    }
  }
  ECL_CATCH_ALL_END;
  return loaded;
}

/* The binding uses the libpolycall that this process has, wherever that came from: one that was loaded
 * from another place would know nothing of the process's servers. */
static void use_own_library(void) {
  Dl_info info;
  if (dladdr((void*)&polycall_status_set, &info) == 0 || info.dli_fname == NULL) return;
  if (strstr(info.dli_fname, "libpolycall") == NULL) return;
  cl_set(ecl_make_symbol("*LIBRARY*", "POLYCALL"),
         ecl_make_simple_base_string((char*)info.dli_fname, -1));
}

static polycall_code load_binding(const char* directory, polycall_status* status) {
  char file[4096];
  char why[1024] = "it was left by a non-local exit";
  snprintf(file, sizeof file, "%s/lisp/host.lisp", directory);
  if (!load_file(file, why, sizeof why)) {
    char text[2048];
    snprintf(text, sizeof text, "the Common Lisp binding cannot be loaded: %s", why);
    return fail(status, POLYCALL_FAILED_PRECONDITION, text);
  }
  use_own_library();
  return POLYCALL_OK;
}

/* The process ends: ECL's own handler comes next, on whatever thread that is (a JVM ends on one of its
 * inner threads), and wants a thread that it knows. */
static void before_shutdown(void) {
  if (ecl_process_env_unsafe() == NULL) ecl_import_current_thread(ECL_NIL, ECL_NIL);
}

static polycall_code start(const polycall_host_start* start, polycall_status* status) {
  /* The process's own signals stay its own; but ECL's locks wake waiters by its interrupt signal. */
  static const int traps[] = {ECL_OPT_TRAP_SIGSEGV,          ECL_OPT_TRAP_SIGFPE,
                              ECL_OPT_TRAP_SIGINT,           ECL_OPT_TRAP_SIGILL,
                              ECL_OPT_TRAP_SIGBUS,           ECL_OPT_TRAP_SIGPIPE,
                              ECL_OPT_SIGNAL_HANDLING_THREAD};
  if (ecl_get_option(ECL_OPT_BOOTED) <= 0) {
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; ++i) {
      ecl_set_option(traps[i], 0);
    }
    /* Each thread that ECL knows has stacks of its own, a few MiB: a server may have hundreds. */
    ecl_set_option(ECL_OPT_HEAP_SIZE, 0);
    static char name[] = "polycall";
    static char* arguments[] = {name, NULL};
    cl_boot(1, arguments);
    /* The heap holds the binding and the compiler, megabytes that each collection looks through: it comes when
     * as much again was allocated, not after a third of that. */
    GC_set_free_space_divisor(1);
    atexit(before_shutdown);
  }
  /* Nonzero: ECL did not know this thread. It does while the binding is loaded; handlers that run on it
   * make it known by themselves, see platform-ecl.lisp. */
  const int imported = ecl_import_current_thread(ECL_NIL, ECL_NIL);
  const polycall_code code = load_binding(start->directory, status);
  if (imported) ecl_release_current_thread();
  return code;
}

static polycall_code load(const char* module, polycall_server* server, polycall_status* status) {
  const int imported = ecl_import_current_thread(ECL_NIL, ECL_NIL);
  const polycall_code code = call_lisp("HOST-LOAD-MODULE", module, server, status);
  if (imported) ecl_release_current_thread();
  return code;
}

const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_exclusion exclusions[] = {
      {"sbcl", "an SBCL program serves modules of Lisp itself"},
  };
  static const polycall_host_module module = {
      sizeof module,
      POLYCALL_HOST_ABI_VERSION,
      0,
      "lisp",
      "ecl",
      exclusions,
      sizeof exclusions / sizeof exclusions[0],
      start,
      load,
  };
  return &module;
}
