/* polycall.h: the C ABI of PolyCall, on which every language binding stands.
 *
 * Conventions
 *
 *  1. Handles. polycall_channel, polycall_server, polycall_call, polycall_buffer, polycall_metadata
 *     and polycall_thread_hook are opaque. What `_new` or `_start` returns is owned by the caller and
 *     ended with the `_free` or `_release` of the same name. A handle that the header calls
 *     *borrowed* is not to be ended and lives as long as its text says.
 *  2. Structs. Every struct whose first field is `struct_size` may grow at its end, except
 *     polycall_limits and polycall_interceptor, which stand inside other structs and arrays; nor do
 *     polycall_status and polycall_message grow. Start from its POLYCALL_..._INIT, which sets
 *     `struct_size`; an older library ignores fields it does not know, a newer one gives fields that
 *     the caller does not know their defaults. A zero in any other field means "the default".
 *  3. Strings that come in are NUL-terminated UTF-8 and are copied before the function returns.
 *     Strings that go out are borrowed from the handle they are asked of.
 *  4. Errors. A function that can fail returns a polycall_code (POLYCALL_OK is 0) or a pointer that
 *     is NULL, and fills `status`, which may be NULL where only the code is wanted. A status is
 *     owned by the caller; one that is not OK holds memory until polycall_status_clear. The library
 *     overwrites a status without clearing it: give it POLYCALL_STATUS_INIT or a cleared one. No
 *     errno, no exception, no abort on bad input.
 *  5. Threads. Every function may be called from any thread, and every handle may be used from any
 *     number of threads at once, except where a text says "one thread at a time". Ending a handle
 *     that another thread is using is an error of the caller's.
 *  6. Blocking. Functions marked [blocks] wait for a peer; each is bounded by a deadline, a timeout
 *     or a limit. All others return at once.
 *  7. Callbacks run on a thread of the runtime's or on the thread that caused them, never under a
 *     lock of the runtime's; they may call any function of this header. A callback may block: the
 *     runtime puts another thread on its work. A callback runs exactly once unless its text differs.
 *     No callback may throw or longjmp through the library.
 *  8. Time is in nanoseconds. Deadlines are given as time left, never as a point of a clock.
 *  9. fork(). After fork() a channel of the parent's starts afresh in the child with connections of
 *     its own; calls that were under way, and servers, answer POLYCALL_FAILED_PRECONDITION there.
 * 10. Not supported: fork() inside a callback; unloading the library; big-endian machines.
 *
 * ABI rule: within one POLYCALL_ABI_VERSION nothing here is removed, renumbered or moved; structs
 * grow at the end only. tests/abi asserts sizes, offsets and numbers.
 */
#ifndef POLYCALL_POLYCALL_H_
#define POLYCALL_POLYCALL_H_

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define POLYCALL_API __attribute__((visibility("default")))
#else
#define POLYCALL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------
 * Version
 * --------------------------------------------------------------------------------------------- */

#define POLYCALL_ABI_VERSION 1
#define POLYCALL_VERSION_MAJOR 0
#define POLYCALL_VERSION_MINOR 1
#define POLYCALL_VERSION_PATCH 0

/* The library's version, "0.1.0". Static storage. */
POLYCALL_API const char* polycall_version(void);

/* POLYCALL_ABI_VERSION of the library that is loaded. A binding that was built against a greater
 * one refuses to start. */
POLYCALL_API uint32_t polycall_abi_version(void);

/* ------------------------------------------------------------------------------------------------
 * Status
 * --------------------------------------------------------------------------------------------- */

/* Canonical codes, gRPC's numbers. "Retry": what the caller may do. */
typedef enum polycall_code {
  POLYCALL_OK = 0,
  POLYCALL_CANCELLED = 1,           /* the caller cancelled; do not retry */
  POLYCALL_UNKNOWN = 2,             /* the handler failed without saying how; do not retry */
  POLYCALL_INVALID_ARGUMENT = 3,    /* wrong whatever the state; do not retry */
  POLYCALL_DEADLINE_EXCEEDED = 4,   /* may have taken effect; retry only if idempotent */
  POLYCALL_NOT_FOUND = 5,           /* do not retry */
  POLYCALL_ALREADY_EXISTS = 6,      /* do not retry */
  POLYCALL_PERMISSION_DENIED = 7,   /* do not retry */
  POLYCALL_RESOURCE_EXHAUSTED = 8,  /* a limit was met; retry later, or with less */
  POLYCALL_FAILED_PRECONDITION = 9, /* retry after the state was mended */
  POLYCALL_ABORTED = 10,            /* a conflict; retry higher up (the whole transaction) */
  POLYCALL_OUT_OF_RANGE = 11,       /* do not retry */
  POLYCALL_UNIMPLEMENTED = 12,      /* no such service or method; do not retry */
  POLYCALL_INTERNAL = 13,           /* an invariant broke; do not retry */
  POLYCALL_UNAVAILABLE = 14,        /* the peer is not there now; retry the call, with back-off */
  POLYCALL_DATA_LOSS = 15,          /* do not retry */
  POLYCALL_UNAUTHENTICATED = 16     /* retry with credentials */
} polycall_code;

/* The outcome of a call or function. Owned by the caller; see convention 4.
 * `message` is NUL-terminated UTF-8 or NULL when empty. `details` is a serialized google.rpc.Status
 * (what gRPC sends as grpc-status-details-bin) or NULL. */
typedef struct polycall_status {
  int32_t code;
  uint32_t details_size;
  char* message;
  uint8_t* details;
} polycall_status;

#define POLYCALL_STATUS_INIT \
  { 0, 0, NULL, NULL }

/* Sets code, a copy of `message` (may be NULL) and a copy of `details`. Whatever `status` held is
 * not freed (it may be uninitialised). */
POLYCALL_API void polycall_status_set(polycall_status* status, polycall_code code,
                                      const char* message, const void* details,
                                      size_t details_size);

/* Frees what `status` holds and makes it OK. NULL and a cleared status are fine. */
POLYCALL_API void polycall_status_clear(polycall_status* status);

/* "UNAVAILABLE" and so on; "UNKNOWN" for a number that is none. Static storage. */
POLYCALL_API const char* polycall_code_name(int32_t code);

/* ------------------------------------------------------------------------------------------------
 * Buffers and messages
 * --------------------------------------------------------------------------------------------- */

/* Bytes with a reference count, from the library's pool. */
typedef struct polycall_buffer polycall_buffer;

/* A writable buffer of `size` bytes, uninitialised, with one reference; NULL only when memory ran
 * out. Only its maker writes, and only before it is handed on. */
POLYCALL_API polycall_buffer* polycall_buffer_new(size_t size);
/* Its first byte, for as long as a reference is held. Any thread, as the three below. */
POLYCALL_API void* polycall_buffer_data(polycall_buffer* buffer);
/* Its bytes: what polycall_buffer_new was asked for. */
POLYCALL_API size_t polycall_buffer_size(const polycall_buffer* buffer);
/* Adds a reference, which one polycall_buffer_release ends. */
POLYCALL_API void polycall_buffer_retain(polycall_buffer* buffer);
POLYCALL_API void polycall_buffer_release(polycall_buffer* buffer); /* NULL is fine */

/* Bytes that lie somewhere. */
typedef struct polycall_slice {
  const void* data;
  size_t size;
} polycall_slice;

/* How the runtime handles an object of a binding's message class. One static table per class.
 * `identity` names the in-memory representation: two ends whose tables have the same identity pass
 * objects to each other unmarshalled; anything else is encoded. Functions may be called from any
 * thread (with the thread hook applied), but for one object by one thread at a time. */
typedef struct polycall_message_type {
  size_t struct_size;
  const char* name; /* full protobuf name, "calc.v1.Expression" */
  const void* identity;
  /* Bytes that `encode` will write. Called directly before it, on the same thread, so that a
   * binding may cache sizes in the object. SIZE_MAX: the object cannot be encoded. */
  size_t (*encoded_size)(const void* object);
  /* Writes exactly `size` bytes (what encoded_size said) to `out`. Nonzero: failed. */
  int (*encode)(const void* object, void* out, size_t size);
  /* An object of the same representation that the library may keep after the present function
   * returned and pass to another thread: the same one with its count raised, or a copy. NULL (the
   * function, or its result): cannot; the library encodes instead. */
  void* (*retain)(const void* object);
  /* Ends what `retain` returned, or an object whose ownership was given away. */
  void (*release)(void* object);
  /* Optional (NULL). As `encode`, but long fields are named where they lie instead of being copied:
   * the `size` bytes are those of `slices`, one after the other, each in the object or in `room`.
   * The number of slices; 0: they do not fit into `max_slices` and `room_size`, and the library calls
   * `encode`. They are read before the function that was given the object returns. */
  size_t (*encode_slices)(const void* object, size_t size, void* room, size_t room_size,
                          polycall_slice* slices, size_t max_slices);
} polycall_message_type;

#define POLYCALL_MESSAGE_TYPE_INIT \
  { sizeof(polycall_message_type), NULL, NULL, NULL, NULL, NULL, NULL, NULL }

/* One message: bytes (`type` is NULL) or a typed object (`type` and `object` set).
 *
 * Going in (requests, sends, responses) it is borrowed for the length of the function: the library
 * sends, encodes, copies or retains before it returns. If `buffer` is set, `data` points into it and
 * the library takes a reference of its own instead of copying.
 * Coming out it belongs to the receiver, who ends it with polycall_message_release. `data` is valid
 * until then. An object that came in by reference from a caller (a request) is not to be changed. */
typedef struct polycall_message {
  const void* data;
  size_t size;
  polycall_buffer* buffer;
  const polycall_message_type* type;
  void* object;
} polycall_message;

#define POLYCALL_MESSAGE_INIT \
  { NULL, 0, NULL, NULL, NULL }

/* Ends a message that came out, and makes it empty. NULL and an empty message are fine. */
POLYCALL_API void polycall_message_release(polycall_message* message);

/* Makes `message`, which came out or was borrowed in a callback, independent of everything: `out`
 * may be kept as long as wanted (small bytes are copied, large ones share the buffer, objects are
 * retained or encoded). `out` is to be released. */
POLYCALL_API polycall_code polycall_message_keep(const polycall_message* message,
                                                 polycall_message* out);

/* Turns a typed message into bytes; bytes stay as they are. `out` is to be released.
 * INTERNAL when the object cannot be encoded. */
POLYCALL_API polycall_code polycall_message_to_bytes(const polycall_message* message,
                                                     polycall_message* out,
                                                     polycall_status* status);

/* ------------------------------------------------------------------------------------------------
 * Metadata
 * --------------------------------------------------------------------------------------------- */

/* An ordered list of key to value, keys repeatable. Keys are lower-case ASCII letters, digits, "-",
 * "_" and "."; a key that ends in "-bin" holds bytes, every other printable ASCII. Keys that begin
 * with "grpc-" or "polycall-" or ":" are the runtime's own. One thread at a time. */
typedef struct polycall_metadata polycall_metadata;

/* An empty list, the caller's until polycall_metadata_free. */
POLYCALL_API polycall_metadata* polycall_metadata_new(void);
POLYCALL_API void polycall_metadata_free(polycall_metadata* metadata); /* NULL is fine */
/* Upper-case letters of the key are lowered. INVALID_ARGUMENT for a key or value out of the above. */
POLYCALL_API polycall_code polycall_metadata_add(polycall_metadata* metadata, const char* key,
                                                 const void* value, size_t value_size,
                                                 polycall_status* status);
POLYCALL_API size_t polycall_metadata_count(const polycall_metadata* metadata); /* NULL: 0 */
/* Entry `index`; key (NUL-terminated) and value are borrowed until the metadata changes.
 * Returns 0 when there is no such entry, else 1. */
POLYCALL_API int polycall_metadata_get(const polycall_metadata* metadata, size_t index,
                                       const char** key, const void** value, size_t* value_size);
/* The last value of `key`. Returns 0 when there is none, else 1. */
POLYCALL_API int polycall_metadata_find(const polycall_metadata* metadata, const char* key,
                                        const void** value, size_t* value_size);

/* ------------------------------------------------------------------------------------------------
 * Limits
 * --------------------------------------------------------------------------------------------- */

/* Bounds, by name as error messages give them. Zero: the default in the comment. Sizes in bytes. */
typedef struct polycall_limits {
  size_t struct_size;
  uint64_t max_message_size;  /* 16 MiB; a greater message ends its call RESOURCE_EXHAUSTED */
  uint32_t max_metadata_size; /* 16 KiB for all keys and values of one direction of a call */
  uint32_t max_calls_per_connection; /* 4096, at most 65536; further calls wait at the caller */
  uint32_t max_connections;          /* 16384 (servers); further ones are closed at once */
  uint32_t call_window;          /* 256 KiB unread per call and direction before a sender waits */
  uint32_t connection_window;    /* 16 MiB unread per connection and direction */
  uint32_t max_pending_calls;    /* 16384 calls waiting in a channel for a connection, and in
                                         a server for a thread (pull or push); further ones end
                                         RESOURCE_EXHAUSTED */
  int64_t handshake_timeout_ns;  /* 5 s from accept or connect to the end of the handshake */
  int64_t idle_timeout_ns;       /* none; a connection without calls for so long is drained */
  int64_t keepalive_interval_ns; /* 30 s of silence with calls under way until a ping */
  int64_t keepalive_timeout_ns;  /* 20 s until an unanswered ping ends the connection */
} polycall_limits;

#define POLYCALL_LIMITS_INIT \
  { sizeof(polycall_limits), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* ------------------------------------------------------------------------------------------------
 * Services and methods
 * --------------------------------------------------------------------------------------------- */

typedef enum polycall_kind {
  POLYCALL_UNARY = 0,
  POLYCALL_CLIENT_STREAMING = 1,
  POLYCALL_SERVER_STREAMING = 2,
  POLYCALL_BIDI_STREAMING = 3
} polycall_kind;

enum polycall_method_flags {
  POLYCALL_METHOD_IDEMPOTENT = 1, /* may be retried even when it may have run */
  POLYCALL_METHOD_INLINE = 2,  /* the handler is short and never blocks: run it where it arrives */
  POLYCALL_METHOD_BLOCKING = 4 /* the handler is known to block: run it on a thread of its own at
                                     once (without it the runtime learns) */
};

/* One method of a service, as in the .proto. Static tables in generated code. */
typedef struct polycall_method_descriptor {
  size_t struct_size;
  const char* name;           /* "Echo" */
  int32_t kind;               /* polycall_kind */
  uint32_t flags;             /* polycall_method_flags */
  int64_t default_timeout_ns; /* what a call without a timeout gets; 0: none */
  const char* request_name;   /* full names of the two messages, for descriptions; may be NULL */
  const char* response_name;
} polycall_method_descriptor;

/* One service. `file_descriptor_set` is a serialized google.protobuf.FileDescriptorSet with the
 * service's file and all it imports, or NULL; it is what the description service answers. */
typedef struct polycall_service_descriptor {
  size_t struct_size;
  const char* name; /* "calc.v1.Calc" */
  const polycall_method_descriptor* methods;
  size_t method_count;
  size_t method_stride; /* sizeof(polycall_method_descriptor) where the table was compiled */
  const void* file_descriptor_set;
  size_t file_descriptor_set_size;
  uint64_t fingerprint; /* 64-bit hash of the service's definition; 0: unknown. Differing
                           fingerprints are reported by `polycall explain`, never refused. */
} polycall_service_descriptor;

/* ------------------------------------------------------------------------------------------------
 * Thread hook
 * --------------------------------------------------------------------------------------------- */

/* Called once on each runtime thread before its first callback for a channel or server that names
 * the hook, and once when that thread ends. So a language attaches a thread once and not on every
 * upcall. A hook is never freed; make one per process and language. At most 32. */
typedef struct polycall_thread_hook polycall_thread_hook;
POLYCALL_API const polycall_thread_hook* polycall_thread_hook_new(
    void* (*attach)(void* arg), void (*detach)(void* arg, void* attached), void* arg);

/* ------------------------------------------------------------------------------------------------
 * Calls: what both sides share
 * --------------------------------------------------------------------------------------------- */

typedef struct polycall_channel polycall_channel;
typedef struct polycall_server polycall_server;

/* One call, seen from the caller or from the handler. Has a reference count. */
typedef struct polycall_call polycall_call;

/* Adds a reference, which one polycall_call_release ends. Any thread. */
POLYCALL_API void polycall_call_retain(polycall_call* call);
/* Ends one reference. The last one of a caller's call that has not ended cancels it. NULL is fine. */
POLYCALL_API void polycall_call_release(polycall_call* call);

/* Interceptors see the calls of a channel or a server, in the order in which they were added;
 * `finished` in the reverse order. Every function may be NULL. They run on the thread that makes the
 * event and should be short. Nothing of them is called under a lock. */
typedef struct polycall_interceptor {
  size_t struct_size;
  void* arg;
  /* A call starts: a caller may add to `metadata` (what will be sent), a handler's side reads it
   * (what was received). Not OK: the call ends with `status`, the rest does not see it. `*state` is
   * the interceptor's own value for this call (NULL at first). */
  polycall_code (*started)(void* arg, polycall_call* call, polycall_metadata* metadata,
                           void** state, polycall_status* status);
  /* A message was accepted from (`sent` is 1) or is about to be given to (0) the user's code. */
  void (*message)(void* arg, polycall_call* call, const polycall_message* message, int sent,
                  void** state);
  /* The call ended; may change `status` (clear and set). The call's last event. */
  void (*finished)(void* arg, polycall_call* call, polycall_status* status, void** state);
} polycall_interceptor;

#define POLYCALL_INTERCEPTOR_INIT \
  { sizeof(polycall_interceptor), NULL, NULL, NULL, NULL }

/* "calc.v1.Calc" and "Add": borrowed from the call. */
POLYCALL_API const char* polycall_call_service(const polycall_call* call);
POLYCALL_API const char* polycall_call_method(const polycall_call* call);
POLYCALL_API int32_t polycall_call_kind(const polycall_call* call);

/* Nanoseconds left, at least 0; INT64_MAX when the call has no deadline. */
POLYCALL_API int64_t polycall_call_time_left(const polycall_call* call);

/* "inproc", "shm", "unix", "tcp", "tls", "grpc", "http"; NULL while a caller's call has no connection
 * yet. Static storage. */
POLYCALL_API const char* polycall_call_transport(const polycall_call* call);

/* The peer's address, "unix:/run/calc.sock", "tcp://127.0.0.1:4711", "inproc:calc"; for a unix peer
 * with ",pid=..,uid=.." as the kernel vouches. Written to `out`, NUL-terminated and cut to `size`;
 * returns the full length. */
POLYCALL_API size_t polycall_call_peer(const polycall_call* call, char* out, size_t size);

/* Who the peer is, as far as somebody vouches for it. `subject` and `names` are borrowed from the call.
 * `names`: over TLS the certificate's alternative names, each with its kind: "DNS:calc.example",
 * "URI:spiffe://example/calc", "IP:10.0.0.7", "EMAIL:ada@example"; over unix, shm and inproc
 * "UID:1000", vouched for by the kernel. */
typedef struct polycall_identity {
  size_t struct_size;
  const char* subject; /* RFC 4514, "CN=calc,O=example"; NULL: no certificate */
  const char* const* names;
  size_t name_count;
} polycall_identity;

#define POLYCALL_IDENTITY_INIT \
  { sizeof(polycall_identity), NULL, NULL, 0 }

/* Handlers and interceptors of a server: fills `identity`. 1: the peer is known; 0: it is not (plain
 * TCP, or TLS without a client certificate), and `identity` is empty. */
POLYCALL_API int polycall_call_identity(const polycall_call* call, polycall_identity* identity);

/* Sends one message. [blocks] while the peer's credit is used up, bounded by the call's deadline.
 * OK means accepted, not received. Not OK: the call has ended, or (FAILED_PRECONDITION) the kind or
 * state of the call does not allow a send; the call's own status tells why it ended.
 * One thread at a time per call, sends and half-close together. */
enum polycall_send_flags {
  POLYCALL_SEND_HALF_CLOSE = 1, /* this is the caller's last message */
  POLYCALL_SEND_BUFFERED = 2 /* more follows at once: may stay in the write buffer (at most 64 KiB)
                                   until a send without this flag, half-close, receive or end */
};
POLYCALL_API polycall_code polycall_call_send(polycall_call* call, const polycall_message* message,
                                              uint32_t flags, polycall_status* status);

/* The same without blocking: `done` runs when the next send may follow. At most one send pending.
 * `done` may run before the function returns; runs of such sends do not deepen the stack. */
typedef void (*polycall_done_fn)(void* arg, polycall_code code);
POLYCALL_API void polycall_call_send_async(polycall_call* call, const polycall_message* message,
                                           uint32_t flags, polycall_done_fn done, void* arg);

/* Receives the next message of the peer. [blocks] until there is one, the stream has ended or the
 * call has. Returns 1 with `message` filled, or 0 at the end: a handler sees 0 after the caller's
 * half-close, or when the call was cancelled (polycall_call_is_cancelled tells them apart); a caller
 * sees 0 and then asks polycall_call_wait. One thread at a time per call. */
POLYCALL_API int polycall_call_receive(polycall_call* call, polycall_message* message);

/* The same without blocking. `message` is NULL at the end; else it is the callback's to release (or
 * to move out by copying the struct and making it empty). At most one receive pending. */
typedef void (*polycall_receive_fn)(void* arg, polycall_message* message);
POLYCALL_API void polycall_call_receive_async(polycall_call* call, polycall_receive_fn received,
                                              void* arg);

/* Cancels. From the caller: the call ends with `code` (CANCELLED if 0) and `message` at once, and the
 * handler hears of it. From the handler: as finish with that status, from any thread. Ends nothing
 * twice: no effect on a call that has ended. */
POLYCALL_API void polycall_call_cancel(polycall_call* call, polycall_code code,
                                       const char* message);

/* ------------------------------------------------------------------------------------------------
 * Calls: the caller's side
 * --------------------------------------------------------------------------------------------- */

/* A method as one channel calls it. Borrowed from the channel. */
typedef struct polycall_method polycall_method;

enum polycall_call_flags {
  POLYCALL_CALL_WAIT_FOR_READY = 1, /* wait (to the deadline) for a peer that is not there */
  POLYCALL_CALL_IDEMPOTENT = 2,     /* as POLYCALL_METHOD_IDEMPOTENT, for this call */
  POLYCALL_CALL_DETACHED = 4,       /* does not inherit from the handler's call on this thread */
  POLYCALL_CALL_WANT_METADATA = 8,  /* unary: give me the initial and trailing metadata */
  POLYCALL_CALL_NO_RETRY = 16       /* never start this call twice, whatever the channel's policy */
};

typedef struct polycall_call_options {
  size_t struct_size;
  int64_t
      timeout_ns; /* 0: the method's default; negative: already over. A parent's deadline bounds it */
  uint32_t flags; /* polycall_call_flags */
  uint32_t reserved;
  const polycall_metadata* metadata; /* borrowed until the function returns; may be NULL */
  /* The handler's call on whose behalf this one is made: its deadline bounds this one, its
   * cancellation cancels this one. NULL: the call whose handler runs on this thread, if any. */
  polycall_call* parent;
  /* Streaming calls: what typed objects the caller can take as responses; NULL: bytes only. */
  const polycall_message_type* response_type;
} polycall_call_options;

#define POLYCALL_CALL_OPTIONS_INIT \
  { sizeof(polycall_call_options), 0, 0, 0, NULL, NULL, NULL }

/* A unary call in one struct, in and out. */
typedef struct polycall_unary {
  size_t struct_size;
  /* in */
  const polycall_method* method;
  const polycall_call_options* options; /* NULL: defaults */
  polycall_message request;
  /* What typed object the caller can take as response (NULL: bytes only), and a place for it (may be
   * NULL): an object of that type which a handler of the same representation may fill directly. */
  const polycall_message_type* response_type;
  void* response_place;
  /* out */
  polycall_status status;
  /* Set if status is OK: the caller's to release. `object == response_place` means that the place
   * was filled (releasing is then harmless). */
  polycall_message response;
  polycall_metadata* initial_metadata; /* with WANT_METADATA: the caller's to free; else NULL */
  polycall_metadata* trailing_metadata;
  /* polycall_unary_call only; NULL is cheaper. Where the library puts a reference to the call before
   * it blocks, with a release store, for another thread to cancel it with: load it with acquire, NULL
   * there means "not yet". The caller's to release after the call returned; cancelling is harmless then. A
   * cancelled call returns at once, except that over inproc its handler is told and waited for. */
  polycall_call** call;
} polycall_unary;

#define POLYCALL_UNARY_INIT                                                                      \
  {                                                                                              \
    sizeof(polycall_unary), NULL, NULL, POLYCALL_MESSAGE_INIT, NULL, NULL, POLYCALL_STATUS_INIT, \
        POLYCALL_MESSAGE_INIT, NULL, NULL, NULL                                                  \
  }

/* Makes a unary call. [blocks] until it ends; it ends at its deadline at the latest, except that over
 * inproc the handler runs on this thread and is waited for. Returns status.code. */
POLYCALL_API polycall_code polycall_unary_call(polycall_channel* channel, polycall_unary* unary);

/* The same without blocking. `unary` and what it points to may be dropped when the function returns
 * (not the channel). `done` gets a struct of the runtime's with the out fields set, valid during the
 * callback; it may take (copy and zero) status, response and metadata, the rest is freed after it.
 * `response_place` is not used. If `call` is not NULL, it receives a reference with which the call
 * can be cancelled, to be released. `done` may run before the function returns. */
typedef void (*polycall_unary_fn)(void* arg, polycall_unary* unary);
POLYCALL_API void polycall_unary_call_async(polycall_channel* channel, const polycall_unary* unary,
                                            polycall_unary_fn done, void* arg,
                                            polycall_call** call);

/* Starts a call of any kind. Never fails and never blocks: what is wrong becomes the call's status.
 * The channel must outlive the call. For kinds whose caller sends one message, send it with
 * POLYCALL_SEND_HALF_CLOSE. */
POLYCALL_API polycall_call* polycall_call_start(polycall_channel* channel,
                                                const polycall_method* method,
                                                const polycall_call_options* options);

/* Says that no more messages will be sent. OK also if the call has ended. */
POLYCALL_API polycall_code polycall_call_half_close(polycall_call* call);

/* The handler's initial metadata. [blocks] until it, a message or the end has arrived. Borrowed from
 * the call; never NULL. */
POLYCALL_API const polycall_metadata* polycall_call_initial_metadata(polycall_call* call);

/* Waits for the call's end and gives its status. [blocks]. Messages not received are dropped. May be
 * called again. `trailing`, if not NULL, receives the trailing metadata, borrowed from the call. */
POLYCALL_API polycall_code polycall_call_wait(polycall_call* call, polycall_status* status,
                                              const polycall_metadata** trailing);

/* The same without blocking: `ended` runs when the call has ended and all received messages were
 * taken. The status is the callback's to clear. At most one pending. */
typedef void (*polycall_ended_fn)(void* arg, polycall_status* status,
                                  const polycall_metadata* trailing);
POLYCALL_API void polycall_call_wait_async(polycall_call* call, polycall_ended_fn ended, void* arg);

/* ------------------------------------------------------------------------------------------------
 * Calls: the handler's side
 * --------------------------------------------------------------------------------------------- */

/* A handler. `call` comes with one reference, which polycall_call_finish takes: exactly one finish
 * per call, from any thread, before or after the handler returns. For UNARY and SERVER_STREAMING
 * `request` is the message, borrowed until the handler returns or finish is called, whichever is
 * first (polycall_message_keep for longer); for the other kinds it is NULL. */
typedef void (*polycall_handler_fn)(void* arg, polycall_call* call,
                                    const polycall_message* request);

/* Ends the call and takes the handler's reference: `call` is not to be used after it, unless it was
 * retained. `status` NULL means OK; it is copied. `response`: the one message of UNARY and
 * CLIENT_STREAMING, NULL for the others and for an error. */
POLYCALL_API void polycall_call_finish(polycall_call* call, const polycall_status* status,
                                       const polycall_message* response);

/* UNARY handlers: the place that a same-process caller offers for a response of representation
 * `type`, or NULL. Fill it and pass it to finish as {type, object}: nothing is copied. */
POLYCALL_API void* polycall_call_response_place(polycall_call* call,
                                                const polycall_message_type* type);

/* The caller's metadata, borrowed from the call. Never NULL. */
POLYCALL_API const polycall_metadata* polycall_call_metadata(const polycall_call* call);

/* Sends `metadata` (copied) ahead of the first message; at most once, before any message.
 * FAILED_PRECONDITION afterwards. */
POLYCALL_API polycall_code polycall_call_send_initial_metadata(polycall_call* call,
                                                               const polycall_metadata* metadata,
                                                               polycall_status* status);

/* Sets the metadata (copied) that goes with the status. Replaces what was set before. */
POLYCALL_API polycall_code polycall_call_set_trailing_metadata(polycall_call* call,
                                                               const polycall_metadata* metadata,
                                                               polycall_status* status);

/* 1 when the caller cancelled, its deadline passed or it is gone: the answer reaches nobody. */
POLYCALL_API int polycall_call_is_cancelled(const polycall_call* call);

/* Runs `cancelled` once if the call is cancelled before it is finished; at once if it already is.
 * Never runs after finish returned. At most one; a second replaces the first; NULL removes it. */
POLYCALL_API void polycall_call_on_cancel(polycall_call* call, void (*cancelled)(void* arg),
                                          void* arg);

/* The call whose handler runs on this thread, borrowed; NULL outside of handlers. */
POLYCALL_API polycall_call* polycall_call_current(void);

/* Sets what polycall_call_current answers on this thread (for bindings that move a handler to
 * another thread or coroutine), returns what it was. */
POLYCALL_API polycall_call* polycall_call_set_current(polycall_call* call);

/* ------------------------------------------------------------------------------------------------
 * Channels
 * --------------------------------------------------------------------------------------------- */

/* Certificates and keys, for targets "tls://" and "grpcs://" and for servers that listen on TLS. Files
 * are PEM, and are read again when they have changed: new connections take what is new. Copied. */
typedef struct polycall_tls_options {
  size_t struct_size;
  /* Whom to trust. NULL: the system's authorities (channels), no client certificates (servers). */
  const char* ca_file;
  /* Our own chain, leaf first, and its key. A server needs both; a channel for mutual TLS. */
  const char* certificate_file;
  const char* key_file;
  const char*
      server_name; /* channels: the name to find in the certificate; NULL: the target's host */
  uint32_t flags;  /* polycall_tls_flags */
  uint32_t reserved;
} polycall_tls_options;

enum polycall_tls_flags {
  POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE = 1, /* servers: mutual TLS */
  POLYCALL_TLS_ALLOW_1_2 = 2                   /* TLS 1.2 too, for old peers; without it 1.3 only */
};

#define POLYCALL_TLS_OPTIONS_INIT \
  { sizeof(polycall_tls_options), NULL, NULL, NULL, NULL, 0, 0 }

/* How a channel spreads calls over the addresses that its target stands for. */
typedef enum polycall_balancing {
  POLYCALL_BALANCING_DEFAULT = 0,        /* what the resolver says, else pick-first */
  POLYCALL_BALANCING_PICK_FIRST = 1,     /* the first address that answers, until it breaks */
  POLYCALL_BALANCING_ROUND_ROBIN = 2,    /* all that answer, in turn */
  POLYCALL_BALANCING_LEAST_IN_FLIGHT = 3 /* of two picked at random the one with fewer calls */
} polycall_balancing;

/* Retry policy for calls that never started at the peer (always safe) and for idempotent calls that
 * ended UNAVAILABLE. Waits grow from `initial_backoff_ns` by 1.6 to `max_backoff_ns`, with 20 % jitter
 * (https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md); so do reconnects. */
typedef struct polycall_channel_options {
  size_t struct_size;
  polycall_limits limits;
  int64_t connect_timeout_ns; /* 5 s for one attempt, handshake included */
  int64_t initial_backoff_ns; /* 50 ms */
  int64_t max_backoff_ns;     /* 10 s */
  uint32_t max_attempts;      /* 3 for one call; 1: no retries */
  uint32_t interceptor_count;
  const polycall_interceptor* interceptors; /* copied; their args must outlive the channel */
  const char* const* transports; /* NULL-terminated names that may be used, best first; NULL: all */
  const polycall_thread_hook* thread_hook; /* may be NULL */
  const char* user_agent;                  /* what the peer's logs show; may be NULL */
  const polycall_tls_options* tls;         /* NULL: the system's authorities, no certificate */
  int32_t balancing;                       /* polycall_balancing */
  uint32_t reserved;
  /* How often a channel in use looks for a better way to its peer, and takes it. 0: 5 s; negative:
   * never. */
  int64_t rewire_interval_ns;
  /* Idempotent unary calls that are not answered after so long are sent to a second address too; the
   * first answer counts. 0: never. */
  int64_t hedging_delay_ns;
} polycall_channel_options;

#define POLYCALL_CHANNEL_OPTIONS_INIT                                                              \
  {                                                                                                \
    sizeof(polycall_channel_options), POLYCALL_LIMITS_INIT, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, \
        NULL, 0, 0, 0, 0                                                                           \
  }

/* A channel on `target`. One end: "inproc:calc", "unix:/run/calc.sock", "tcp://host:port",
 * "tls://host:port", "grpc://host:port", "grpcs://host:port", "host:port" (negotiated). What a resolver
 * turns into ends, and keeps up to date: "list:TARGET,TARGET,..", "dns:///host:port", "file:///path"
 * (a target in each line; the file is watched), "polycall:///name" (a service of the local polycalld).
 * Does not connect. NULL with INVALID_ARGUMENT for a target that does not parse. */
POLYCALL_API polycall_channel* polycall_channel_new(const char* target,
                                                    const polycall_channel_options* options,
                                                    polycall_status* status);

/* Cancels what is under way, closes the connections. [blocks] for callbacks that run. Not from a
 * callback of this channel's. */
POLYCALL_API void polycall_channel_free(polycall_channel* channel);

/* The method for calls; the same pointer for the same names. Borrowed from the channel. */
POLYCALL_API const polycall_method* polycall_channel_method(
    polycall_channel* channel, const char* service, const polycall_method_descriptor* method);

typedef enum polycall_channel_state {
  POLYCALL_CHANNEL_IDLE = 0,
  POLYCALL_CHANNEL_CONNECTING = 1,
  POLYCALL_CHANNEL_READY = 2,
  POLYCALL_CHANNEL_TRANSIENT_FAILURE = 3
} polycall_channel_state;

/* The state at this moment; nothing is begun. Any thread. */
POLYCALL_API polycall_channel_state polycall_channel_get_state(polycall_channel* channel);

/* Connects if need be. [blocks] until the channel is ready or `timeout_ns` is over, with the last
 * attempt's error. */
POLYCALL_API polycall_code polycall_channel_wait_ready(polycall_channel* channel,
                                                       int64_t timeout_ns, polycall_status* status);

/* The transport in use, "unix"; NULL when there is none now. Static storage. */
POLYCALL_API const char* polycall_channel_transport(polycall_channel* channel);

/* What was offered, chosen and refused, and what a ping costs on each way that was tried (measured now, on
 * connections of its own: [blocks] for at most 0.25 s each), as JSON: {"target","state","transport","address",
 * "peer_version","offers":[{"transport","address","chosen","reason","cost_us"}],"services":[{"name","methods",
 * "fingerprint"}],"handshake_us","balancing","rewired","resolver"}. Free it with polycall_string_free. */
POLYCALL_API char* polycall_channel_explain(polycall_channel* channel);
POLYCALL_API void polycall_string_free(char* string);

/* Sends a ping and waits for the answer. [blocks] for at most `timeout_ns`. `round_trip_ns` may be
 * NULL. */
POLYCALL_API polycall_code polycall_channel_ping(polycall_channel* channel, int64_t timeout_ns,
                                                 int64_t* round_trip_ns, polycall_status* status);

/* ------------------------------------------------------------------------------------------------
 * Servers
 * --------------------------------------------------------------------------------------------- */

typedef struct polycall_server_options {
  size_t struct_size;
  polycall_limits limits;
  uint32_t max_threads; /* 256: the runtime adds threads while handlers block, never beyond. */
  uint32_t flags;       /* polycall_server_flags */
  uint32_t interceptor_count;
  uint32_t reserved;
  const polycall_interceptor* interceptors; /* copied; their args must outlive the server */
  const polycall_thread_hook* thread_hook;  /* may be NULL */
  const char* name; /* what peers' `explain` shows; NULL: the program's name */
  /* NULL-terminated names of what may be spoken on its listeners: "inproc", "shm", "unix", "tcp",
   * "tls", "grpc", "http"; NULL: all (TLS needs `tls`). */
  const char* const* transports;
  const polycall_tls_options* tls; /* may be NULL: then no TLS */
} polycall_server_options;

enum polycall_server_flags {
  POLYCALL_SERVER_DONATED_ONLY =
      1, /* no threads of the runtime's: only polycall_server_run_worker */
  POLYCALL_SERVER_COPY_REQUESTS = 2, /* inproc requests are encoded even from the same language */
  POLYCALL_SERVER_NO_DESCRIPTION = 4 /* do not serve polycall.v1.Description */
};

#define POLYCALL_SERVER_OPTIONS_INIT                                                           \
  {                                                                                            \
    sizeof(polycall_server_options), POLYCALL_LIMITS_INIT, 0, 0, 0, 0, NULL, NULL, NULL, NULL, \
        NULL                                                                                   \
  }

/* A server that serves nothing yet, the caller's until polycall_server_free. `options` may be NULL: all
 * defaults; it is copied. NULL for a transport that there is not (INVALID_ARGUMENT, named in `status`). */
POLYCALL_API polycall_server* polycall_server_new(const polycall_server_options* options,
                                                  polycall_status* status);

/* How the server runs one method. */
typedef struct polycall_handler {
  size_t struct_size;
  polycall_handler_fn fn; /* NULL: calls of this method wait for polycall_server_next_call (pull) */
  void* arg;
  const polycall_message_type* request_type; /* typed requests it can take; NULL: bytes only */
  /* 1: the handler may finish after it returned and so needs requests that outlive it; the runtime
   * then does not run it on an asynchronous inproc caller's thread unless INLINE. */
  uint32_t asynchronous;
  uint32_t reserved;
} polycall_handler;

#define POLYCALL_HANDLER_INIT \
  { sizeof(polycall_handler), NULL, NULL, NULL, 0, 0 }

/* Adds a service: `handlers[i]` serves `service->methods[i]`; `handler_stride` is
 * sizeof(polycall_handler). Descriptors are copied. `free_arg` (may be NULL) runs with `arg` once the
 * server will call no handler any more. Before polycall_server_start only. ALREADY_EXISTS for a name
 * that was added before. */
POLYCALL_API polycall_code polycall_server_add_service(polycall_server* server,
                                                       const polycall_service_descriptor* service,
                                                       const polycall_handler* handlers,
                                                       size_t handler_stride, void* arg,
                                                       void (*free_arg)(void* arg),
                                                       polycall_status* status);

/* Who may call `service`: peers that have one of `identities` ("DNS:..", "URI:..", "UID:..", as
 * polycall_identity names them, or "CN=..", a whole subject). Calls of others end PERMISSION_DENIED. `service` ""
 * sets it for those that have no list of their own. Copied; before polycall_server_start only. NOT_FOUND for a
 * service that was not added, INVALID_ARGUMENT for an identity of no known kind. */
POLYCALL_API polycall_code polycall_server_allow(polycall_server* server, const char* service,
                                                 const char* const* identities, size_t count,
                                                 polycall_status* status);

/* Listens on "inproc:name", "unix:/path", "tcp://host:port" or "tls://host:port" (port 0: any; "tls" takes
 * nothing but TLS, "tcp" also takes it if the options have `tls`). Before or after start.
 * `address` (may be NULL) receives the target that callers use, NUL-terminated, cut to `size`.
 * ALREADY_EXISTS when somebody listens there; a unix socket file that nobody listens on is replaced.
 * A unix socket file is made with mode 0600 & ~umask and removed at shutdown.
 *
 * "fd:3" listens on descriptor 3, a listening unix or TCP stream socket that the process inherited (as
 * from polycalld or systemd). The server owns the descriptor then, but not the socket's file. */
POLYCALL_API polycall_code polycall_server_listen(polycall_server* server, const char* target,
                                                  char* address, size_t size,
                                                  polycall_status* status);

/* Starts serving. */
POLYCALL_API polycall_code polycall_server_start(polycall_server* server, polycall_status* status);

/* Graceful shutdown: stops accepting, sends go-away, lets calls end for at most `grace_ns`, then
 * cancels them with UNAVAILABLE. [blocks] until handlers have finished or were cancelled. A second
 * call waits for the first. Not from a handler. */
POLYCALL_API void polycall_server_shutdown(polycall_server* server, int64_t grace_ns);

/* [blocks] until shutdown has completed; at most `timeout_ns` (negative: no bound). OK or
 * DEADLINE_EXCEEDED. */
POLYCALL_API polycall_code polycall_server_wait(polycall_server* server, int64_t timeout_ns);

/* Shuts down with no grace if need be, waits until no handler runs, frees. Not from a handler. */
POLYCALL_API void polycall_server_free(polycall_server* server);

/* Donates this thread: it reads requests and runs handlers as the runtime's own do. [blocks] until
 * shutdown (OK) or `timeout_ns` is over (DEADLINE_EXCEEDED; negative: no bound). */
POLYCALL_API polycall_code polycall_server_run_worker(polycall_server* server, int64_t timeout_ns);

/* Takes the next call of a method that was added without a handler function. [blocks] until there is
 * one, `timeout_ns` is over (DEADLINE_EXCEEDED; negative: no bound) or the server shut down
 * (CANCELLED). `call` comes with one reference, for polycall_call_finish; `request` as for handlers
 * but the caller's to release; empty for kinds that receive; `arg` is the handler's. */
POLYCALL_API polycall_code polycall_server_next_call(polycall_server* server, int64_t timeout_ns,
                                                     polycall_call** call,
                                                     polycall_message* request, void** arg);

/* What the built-in grpc.health.v1.Health answers for `service` ("" is the server as a whole).
 * Services that were added serve from start to shutdown unless set otherwise. */
POLYCALL_API void polycall_server_set_serving(polycall_server* server, const char* service,
                                              int serving);

/* Counters since start, for tests and pages. */
typedef struct polycall_server_stats {
  size_t struct_size;
  uint64_t connections_open;
  uint64_t connections_accepted;
  uint64_t calls_started;
  uint64_t calls_in_flight;
  uint64_t calls_failed; /* ended with another status than OK */
  uint64_t protocol_errors;
  uint64_t threads;
} polycall_server_stats;

#define POLYCALL_SERVER_STATS_INIT \
  { sizeof(polycall_server_stats), 0, 0, 0, 0, 0, 0, 0 }
/* Fills what `stats->struct_size` says there is room for. Each counter is true, all of them together need
 * not be of one moment. Any thread. */
POLYCALL_API void polycall_server_get_stats(polycall_server* server, polycall_server_stats* stats);

/* ------------------------------------------------------------------------------------------------
 * Logging
 * --------------------------------------------------------------------------------------------- */

typedef enum polycall_log_level {
  POLYCALL_LOG_DEBUG = 0,
  POLYCALL_LOG_INFO = 1,
  POLYCALL_LOG_WARNING = 2,
  POLYCALL_LOG_ERROR = 3,
  POLYCALL_LOG_NONE = 4
} polycall_log_level;

/* Sends log lines of at least `level` to `log` (NULL: standard error, the default; level WARNING, or
 * what POLYCALL_LOG=debug|info|warning|error|none says at start). Process-wide; `log` may be called
 * from any thread; the text is borrowed. */
POLYCALL_API void polycall_log_set(polycall_log_level level,
                                   void (*log)(void* arg, polycall_log_level level,
                                               const char* text),
                                   void* arg);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* POLYCALL_POLYCALL_H_ */
