/* host.h: services of other languages in this process.
 *
 * A host loads a language's runtime into this process and serves handlers of that language here: a
 * caller in the process reaches them over inproc, callers outside over the other transports.
 *
 *   polycall_server* server = polycall_server_new(NULL, &status);
 *   polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
 *   options.language = "python";
 *   options.module = "calculator.service";       (its function register(server) adds the services)
 *   polycall_host_load(server, &options, &status);
 *   polycall_server_listen(server, "inproc:calc", NULL, 0, &status);
 *   polycall_server_start(server, &status);
 *
 * The conventions are those of polycall.h. The first half of this header is for programs that load
 * modules; the second for those who write a host for a language.
 */
#ifndef POLYCALL_HOST_H_
#define POLYCALL_HOST_H_

#include "polycall/polycall.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * For programs: loading modules
 * --------------------------------------------------------------------------------------------- */

typedef struct polycall_host_options {
  size_t struct_size;
  const char* language; /* "c", "python", "java", "haskell", "lisp" */
  /* What to load, in the language's own words:
   *   c        library.so[:file.proto|file.desc]
   *   python   package.module or file.py, with a function register(server)
   *   java     path.jar[:path.jar...]!com.example.Module, with
   *            public static void register(Server server)
   *   haskell  library.so[:symbol] with a `foreign export`ed registration function
   *   lisp     file.lisp or file.fasl[:package:function]
   * (docs/concepts/hosting.md has each in full.) */
  const char* module;
  /* NULL-terminated, for the language's runtime when this load is the one that starts it (JVM
   * options, RTS options); may be NULL. Not used if the runtime runs already. */
  const char* const* arguments;
} polycall_host_options;

#define POLYCALL_HOST_OPTIONS_INIT \
  { sizeof(polycall_host_options), NULL, NULL, NULL }

/* Loads a module and lets it add its services to `server`, which has not been started yet. The
 * runtime of the language is started if it does not run in this process yet; it stays until the
 * process ends, as does the module. [blocks] while runtime and module start.
 *
 * NOT_FOUND: no host for the language (the message says where it was looked for), or no such module.
 * FAILED_PRECONDITION: the runtime cannot share this process with one that is here already, its
 * start failed before, or the server was started. INVALID_ARGUMENT: the module does not fit its
 * language. Otherwise what the module's own code failed with, file and line included where the
 * language knows them. After a failure the server may hold a part of the module's services: free it.
 *
 * Handlers run on threads of the runtime's and, over inproc, on the callers' own threads. */
POLYCALL_API polycall_code polycall_host_load(polycall_server* server,
                                              const polycall_host_options* options,
                                              polycall_status* status);

/* What there is, as a JSON object {"places":["/usr/lib/polycall",...],"hosts":[{"language",
 * "library","state","runtime"}],"runtimes":["jvm",...]}: where hosts are looked for, in order; the
 * hosts found there ("state": "found", "started", "failed" or "provided"; "runtime" and "started"
 * are known once one was loaded); the language runtimes that this process holds. No host is loaded.
 * The caller frees it with polycall_string_free. */
POLYCALL_API char* polycall_host_list(void);

/* ------------------------------------------------------------------------------------------------
 * For language bindings: which runtimes are in this process
 * --------------------------------------------------------------------------------------------- */

/* A runtime that cannot share a process with another one. `runtime`: "jvm", "sbcl", "ecl", "ghc",
 * "cpython". `reason`: a whole clause that ends a sentence, "both claim SIGSEGV". */
typedef struct polycall_host_exclusion {
  const char* runtime;
  const char* reason;
} polycall_host_exclusion;

/* Says that `runtime` runs in this process, so that hosts that cannot share it with that runtime are
 * refused instead of crashing. A binding whose language has a runtime calls it once when it is
 * loaded ("cpython", "jvm", "ghc", "sbcl", "ecl"); repeated calls are fine, also while a host's
 * `start` runs. `exclusions` (may be NULL) are those of the runtime itself; static storage.
 *
 * FAILED_PRECONDITION with the reason: a runtime that is here already excludes this one or is
 * excluded by it. The runtime is recorded nevertheless, since it is there. */
POLYCALL_API polycall_code polycall_host_declare(const char* runtime,
                                                 const polycall_host_exclusion* exclusions,
                                                 size_t exclusion_count, polycall_status* status);

/* ------------------------------------------------------------------------------------------------
 * For those who write a host
 * --------------------------------------------------------------------------------------------- */

/* Steps to add a host:
 *
 *  1. A shared library libpolycall_host_<language>.so that exports
 *     `const polycall_host_module* polycall_host_module_get(void)` and nothing else; in CMake
 *     `polycall_add_host(<language> sources...)`, in the folder bindings/<language>/host.
 *  2. Fill polycall_host_module below (static storage).
 *  3. Add the language to tests/host and to docs/concepts/hosting.md.
 *
 * Rules for handlers of hosted languages:
 *  - They are called on threads that the language has never seen: the server's (which may have been
 *    made without the language's thread hook) and, over inproc, any caller's. Attach a thread at its
 *    first upcall, keep it attached (thread-local, with a destructor that detaches), find it again
 *    without a lock.
 *  - Whatever a handler does wrong becomes a status by polycall_call_finish: what it throws, a result
 *    of the wrong type, and, where the language can catch it, an overflowing stack or heap.
 *  - A caller's thread may hold a lock of another language (CPython's GIL is released by its
 *    binding); hosts take none of their own around a handler.
 *  - Output that the language buffers is flushed when the process ends: register with atexit().
 */

#define POLYCALL_HOST_ABI_VERSION 1

/* What `start` is given. Borrowed until it returns. */
typedef struct polycall_host_start {
  size_t struct_size;
  const char* directory; /* the folder that the host's library was found in: jars, Lisp and Python
                            files that the host needs may lie there; "" for a provided host */
  const char* const* arguments; /* polycall_host_options.arguments; never NULL, maybe empty */
} polycall_host_start;

typedef struct polycall_host_module {
  size_t struct_size;
  uint32_t host_abi_version; /* POLYCALL_HOST_ABI_VERSION */
  uint32_t reserved;         /* 0 */
  const char* language;      /* "python", as in the library's name */
  const char* runtime;       /* what it brings into the process: "cpython"; NULL: nothing (C) */
  /* Runtimes that this one cannot share a process with. */
  const polycall_host_exclusion* exclusions;
  size_t exclusion_count;
  /* Boots the runtime, or attaches to it if this process runs it already (a Java program that loads
   * a Java module). Called once per process, before any load, on the thread of the first
   * polycall_host_load; no other host starts meanwhile. Must not call polycall_host_load. What it
   * returns is remembered: after a failure every load of the language fails with the same status.
   * [blocks] */
  polycall_code (*start)(const polycall_host_start* start, polycall_status* status);
  /* Loads the module and lets it add services to `server`, which is borrowed until the free_arg of
   * the last service that was added to it has run (NULL free_args: until this function returns).
   * Never start, shut down or free it. Any thread, several at once, also from within a load (a
   * module may load others). The same module text may be loaded again, for another server. [blocks] */
  polycall_code (*load)(const char* module, polycall_server* server, polycall_status* status);
} polycall_host_module;

typedef const polycall_host_module* (*polycall_host_module_get_fn)(void);
#define POLYCALL_HOST_MODULE_GET "polycall_host_module_get"

/* Gives a host that is part of the program itself (as a program that SBCL is linked into): loads of
 * its language use it instead of looking for a library. Static storage. Before the first load of
 * the language; ALREADY_EXISTS after it. */
POLYCALL_API polycall_code polycall_host_provide(const polycall_host_module* module,
                                                 polycall_status* status);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_HOST_H_ */
