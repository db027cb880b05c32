#define _GNU_SOURCE
#include "protoc.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "errors.h"

extern char** environ;

/* What a run of protoc leaves. */
typedef struct run {
  int output; /* memory files */
  int complaints;
  int exit_code; /* negative: unknown, the process reaps its children itself */
} run;

/* The whole of a memory file, with a NUL behind it. */
static char* take(int file, polycall_arena* arena, size_t* size) {
  struct stat about;
  if (fstat(file, &about) != 0) return NULL;
  char* const data = (char*)polycall_arena_alloc(arena, (size_t)about.st_size + 1);
  if (data == NULL) return NULL;
  const ssize_t got = pread(file, data, (size_t)about.st_size, 0);
  *size = got < 0 ? 0 : (size_t)got;
  data[*size] = '\0';
  return data;
}

static int spawn_and_wait(run* run, const char* const* command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", 0, 0);
  posix_spawn_file_actions_adddup2(&actions, run->output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, run->complaints, STDERR_FILENO);
  pid_t child;
  const int error =
      posix_spawnp(&child, command[0], &actions, NULL, (char* const*)command, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return error;
  int how = 0;
  while (waitpid(child, &how, 0) < 0) {
    if (errno == EINTR) continue;
    run->exit_code = -1;
    return 0;
  }
  run->exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 1;
  return 0;
}

/* The folder with polycall/v1/options.proto: beside the host, or where the host's tree keeps it. */
static const char* idl_folder(const char* directory, char* out, size_t size) {
  static const char* const kPlaces[] = {"idl", "../../share/polycall/idl",
                                        "../../../share/polycall/idl"};
  for (size_t i = 0; i < sizeof kPlaces / sizeof *kPlaces; ++i) {
    snprintf(out, size, "-I%s/%s", directory, kPlaces[i]);
    if (access(out + 2, F_OK) == 0) return out;
  }
  return NULL;
}

static polycall_code run_in(run* run, const char* file, const char* directory,
                            polycall_arena* arena, const void** bytes, size_t* size,
                            polycall_status* status) {
  const char* const slash = strrchr(file, '/');
  char folder[4096];
  snprintf(folder, sizeof folder, "-I%.*s", slash == NULL ? 1 : (int)(slash - file + 1),
           slash == NULL ? "." : file);
  char idl[4096];
  const char* const idl_flag = idl_folder(directory, idl, sizeof idl);
  const char* const command[] = {"protoc",
                                 "--include_imports",
                                 "--descriptor_set_out=/dev/stdout",
                                 folder,
                                 slash == NULL ? file : slash + 1,
                                 idl_flag,
                                 NULL};
  const int error = spawn_and_wait(run, command);
  if (error != 0) {
    return fail(
        status, POLYCALL_FAILED_PRECONDITION,
        "cannot run protoc on %s: %s; install protobuf's compiler, or give the host a .desc "
        "(protoc --include_imports --descriptor_set_out) instead",
        file, strerror(error));
  }
  size_t complaint_size = 0;
  const char* const complaint = take(run->complaints, arena, &complaint_size);
  char* const output = take(run->output, arena, size);
  *bytes = output;
  if (output == NULL) return fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memory is exhausted");
  if (run->exit_code > 0 || *size == 0) {
    return fail(status, POLYCALL_INVALID_ARGUMENT, "protoc refuses %s: %.*s", file,
                (int)strcspn(complaint == NULL ? "" : complaint, "\n"),
                complaint == NULL ? "" : complaint);
  }
  return POLYCALL_OK;
}

polycall_code protoc_run(const char* file, const char* directory, polycall_arena* arena,
                         const void** bytes, size_t* size, polycall_status* status) {
  if (access(file, R_OK) != 0) {
    return fail(status, errno == ENOENT ? POLYCALL_NOT_FOUND : POLYCALL_FAILED_PRECONDITION,
                "cannot read %s: %s", file, strerror(errno));
  }
  run run = {memfd_create("descriptors", MFD_CLOEXEC), memfd_create("complaints", MFD_CLOEXEC), 0};
  const polycall_code code =
      run.output < 0 || run.complaints < 0
          ? fail(status, POLYCALL_RESOURCE_EXHAUSTED, "memfd_create: %s", strerror(errno))
          : run_in(&run, file, directory, arena, bytes, size, status);
  if (run.output >= 0) close(run.output);
  if (run.complaints >= 0) close(run.complaints);
  return code;
}
