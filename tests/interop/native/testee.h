// What a testee's shared library exports. Its own program uses it, and so does the testee of
// another language that takes it into its process for a cell over inproc. One server in a process
// at a time.
#ifndef POLYCALL_TESTS_INTEROP_NATIVE_TESTEE_H_
#define POLYCALL_TESTS_INTEROP_NATIVE_TESTEE_H_

#include <stddef.h>

#if defined(__GNUC__)
#define INTEROP_API __attribute__((visibility("default")))
#else
#define INTEROP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// The exit code of a client or server that was told to die.
enum { INTEROP_DIED = 42 };

// Starts a server on `target`. `address` receives what callers use, NUL-terminated, cut to `size`.
// 0, or 1 with the reason on standard error.
INTEROP_API int interop_serve(const char* target, char* address, size_t size);

// Waits until the server has shut down, by interop_stop or because a caller asked for it.
INTEROP_API void interop_wait(void);

// Shuts the server down and frees it. Nothing to do if there is none.
INTEROP_API void interop_stop(void);

// Runs one case against `target`. `token` differs between runs. 0, or 1 with the reason as the last
// line on standard error, or 3 when it does not know the case.
INTEROP_API int interop_client(const char* target, const char* case_name, const char* token);

#ifdef __cplusplus
}
#endif

#endif  // POLYCALL_TESTS_INTEROP_NATIVE_TESTEE_H_
