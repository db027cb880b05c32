// The program of a testee whose language has a shared library:
//   client --target T --case C[,C...] --token K [--with-server self|LIBRARY|host:LANG:MODULE]
//   server --target T [--with-client LIBRARY --case C[,C...] --token K]
// With the bracketed options both ends are in this process. ../README.md tells what is printed.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosting.h"
#include "testee.h"

typedef struct Arguments {
  const char* role;
  const char* target;
  const char* case_name;
  const char* token;
  const char* with_server;
  const char* with_client;
} Arguments;

typedef int (*ServeFunction)(const char* target, char* address, size_t size);
typedef void (*StopFunction)(void);
typedef int (*ClientFunction)(const char* target, const char* case_name, const char* token);

static int usage(const char* program) {
  fprintf(stderr,
          "usage: %s client --target T --case C[,C...] --token K [--with-server "
          "self|LIBRARY|host:LANG:MODULE]\n"
          "       %s server --target T [--with-client LIBRARY --case C[,C...] --token K]\n",
          program, program);
  return 64;
}

static int parse(int argc, char** argv, Arguments* arguments) {
  if (argc < 2) return 0;
  arguments->role = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--target") == 0) {
      arguments->target = argv[i + 1];
    } else if (strcmp(argv[i], "--case") == 0) {
      arguments->case_name = argv[i + 1];
    } else if (strcmp(argv[i], "--token") == 0) {
      arguments->token = argv[i + 1];
    } else if (strcmp(argv[i], "--with-server") == 0) {
      arguments->with_server = argv[i + 1];
    } else if (strcmp(argv[i], "--with-client") == 0) {
      arguments->with_client = argv[i + 1];
    } else {
      return 0;
    }
  }
  return argc % 2 == 0 && arguments->target != NULL;
}

static void* library_open(const char* path) {
  // Local, so that its functions do not mix with ours of the same names.
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return library;
}

static void* library_find(void* library, const char* name) {
  void* function = dlsym(library, name);
  if (function == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return function;
}

// Several cases one after another, each with its outcome; or one, whose outcome is the exit code.
static int run_cases(const Arguments* arguments, const char* target, ClientFunction client) {
  if (strchr(arguments->case_name, ',') == NULL) {
    return client(target, arguments->case_name, arguments->token);
  }
  char name[64];
  char token[128];
  int number = 0;
  for (const char* rest = arguments->case_name; *rest != '\0'; ++number) {
    size_t length = strcspn(rest, ",");
    snprintf(name, sizeof name, "%.*s", (int)length, rest);
    rest += length + (rest[length] == ',');
    snprintf(token, sizeof token, "%s.%d", arguments->token, number);
    int code = client(target, name, token);
    printf("case %s %s\n", name, code == 0 ? "passed" : code == 3 ? "unknown" : "failed");
    fflush(stdout);
  }
  return 0;
}

static int run_both(const Arguments* arguments, ServeFunction serve, StopFunction stop,
                    ClientFunction client) {
  char address[256];
  if (serve(arguments->target, address, sizeof address) != 0) return 1;
  int code = run_cases(arguments, address, client);
  stop();
  return code;
}

static int run_hosting(const Arguments* arguments, const char* host) {
  char address[256];
  if (hosting_serve(host, arguments->target, address, sizeof address) != 0) return 1;
  int code = run_cases(arguments, address, interop_client);
  hosting_stop();
  return code;
}

static int run_client(const Arguments* arguments) {
  if (arguments->with_server == NULL) {
    return run_cases(arguments, arguments->target, interop_client);
  }
  if (strncmp(arguments->with_server, "host:", 5) == 0) {
    return run_hosting(arguments, arguments->with_server + 5);
  }
  if (strcmp(arguments->with_server, "self") == 0) {
    return run_both(arguments, interop_serve, interop_stop, interop_client);
  }
  void* library = library_open(arguments->with_server);
  ServeFunction serve = (ServeFunction)library_find(library, "interop_serve");
  StopFunction stop = (StopFunction)library_find(library, "interop_stop");
  return run_both(arguments, serve, stop, interop_client);
}

// The runner closes our input when it wants us to end, and the kernel does so if the runner dies.
static void* stop_at_end_of_input(void* unused) {
  (void)unused;
  char ignored[64];
  ssize_t got;
  do {
    got = read(STDIN_FILENO, ignored, sizeof ignored);
  } while (got > 0 || (got < 0 && errno == EINTR));
  interop_stop();
  return NULL;
}

static int run_server(const Arguments* arguments) {
  if (arguments->with_client != NULL) {
    void* library = library_open(arguments->with_client);
    return run_both(arguments, interop_serve, interop_stop,
                    (ClientFunction)library_find(library, "interop_client"));
  }
  char address[256];
  if (interop_serve(arguments->target, address, sizeof address) != 0) return 1;
  printf("listening %s\n", address);
  fflush(stdout);
  pthread_t thread;
  if (pthread_create(&thread, NULL, stop_at_end_of_input, NULL) != 0) return 1;
  pthread_detach(thread);  // it may read until the process ends
  interop_wait();
  // A caller asked for the shutdown, or the input ended; either way the server is freed once.
  interop_stop();
  return 0;
}

int main(int argc, char** argv) {
  Arguments arguments = {0};
  arguments.token = "0";
  if (!parse(argc, argv, &arguments)) return usage(argv[0]);
  int wants_case = strcmp(arguments.role, "client") == 0 || arguments.with_client != NULL;
  if (wants_case && arguments.case_name == NULL) return usage(argv[0]);
  if (strcmp(arguments.role, "client") == 0) return run_client(&arguments);
  if (strcmp(arguments.role, "server") == 0) return run_server(&arguments);
  return usage(argv[0]);
}
