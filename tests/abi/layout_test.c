/* The numbers, sizes and offsets of ABI version 1, asserted at compile time. A line that fails here is
 * a broken ABI: change the header back, or raise POLYCALL_ABI_VERSION and say why in docs/adr/.
 */
#include "check.h"

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define OFFSET(type, field, offset) \
  _Static_assert(offsetof(type, field) == (offset), "offset of " #type "." #field)
#define NUMBER(name, value) _Static_assert((name) == (value), #name)

_Static_assert(sizeof(void*) == 8, "the library supports 64-bit machines");

SIZE(polycall_status, 24);
OFFSET(polycall_status, code, 0);
OFFSET(polycall_status, details_size, 4);
OFFSET(polycall_status, message, 8);
OFFSET(polycall_status, details, 16);

SIZE(polycall_message_type, 64);
OFFSET(polycall_message_type, struct_size, 0);
OFFSET(polycall_message_type, name, 8);
OFFSET(polycall_message_type, identity, 16);
OFFSET(polycall_message_type, encoded_size, 24);
OFFSET(polycall_message_type, encode, 32);
OFFSET(polycall_message_type, retain, 40);
OFFSET(polycall_message_type, release, 48);
OFFSET(polycall_message_type, encode_slices, 56);
SIZE(polycall_slice, 16);
OFFSET(polycall_slice, data, 0);
OFFSET(polycall_slice, size, 8);

SIZE(polycall_message, 40);
OFFSET(polycall_message, data, 0);
OFFSET(polycall_message, size, 8);
OFFSET(polycall_message, buffer, 16);
OFFSET(polycall_message, type, 24);
OFFSET(polycall_message, object, 32);

SIZE(polycall_limits, 72);
OFFSET(polycall_limits, struct_size, 0);
OFFSET(polycall_limits, max_message_size, 8);
OFFSET(polycall_limits, max_metadata_size, 16);
OFFSET(polycall_limits, max_calls_per_connection, 20);
OFFSET(polycall_limits, max_connections, 24);
OFFSET(polycall_limits, call_window, 28);
OFFSET(polycall_limits, connection_window, 32);
OFFSET(polycall_limits, max_pending_calls, 36);
OFFSET(polycall_limits, handshake_timeout_ns, 40);
OFFSET(polycall_limits, idle_timeout_ns, 48);
OFFSET(polycall_limits, keepalive_interval_ns, 56);
OFFSET(polycall_limits, keepalive_timeout_ns, 64);

SIZE(polycall_method_descriptor, 48);
OFFSET(polycall_method_descriptor, struct_size, 0);
OFFSET(polycall_method_descriptor, name, 8);
OFFSET(polycall_method_descriptor, kind, 16);
OFFSET(polycall_method_descriptor, flags, 20);
OFFSET(polycall_method_descriptor, default_timeout_ns, 24);
OFFSET(polycall_method_descriptor, request_name, 32);
OFFSET(polycall_method_descriptor, response_name, 40);

SIZE(polycall_service_descriptor, 64);
OFFSET(polycall_service_descriptor, struct_size, 0);
OFFSET(polycall_service_descriptor, name, 8);
OFFSET(polycall_service_descriptor, methods, 16);
OFFSET(polycall_service_descriptor, method_count, 24);
OFFSET(polycall_service_descriptor, method_stride, 32);
OFFSET(polycall_service_descriptor, file_descriptor_set, 40);
OFFSET(polycall_service_descriptor, file_descriptor_set_size, 48);
OFFSET(polycall_service_descriptor, fingerprint, 56);

SIZE(polycall_interceptor, 40);
OFFSET(polycall_interceptor, struct_size, 0);
OFFSET(polycall_interceptor, arg, 8);
OFFSET(polycall_interceptor, started, 16);
OFFSET(polycall_interceptor, message, 24);
OFFSET(polycall_interceptor, finished, 32);

SIZE(polycall_call_options, 48);
OFFSET(polycall_call_options, struct_size, 0);
OFFSET(polycall_call_options, timeout_ns, 8);
OFFSET(polycall_call_options, flags, 16);
OFFSET(polycall_call_options, reserved, 20);
OFFSET(polycall_call_options, metadata, 24);
OFFSET(polycall_call_options, parent, 32);
OFFSET(polycall_call_options, response_type, 40);

SIZE(polycall_unary, 168);
OFFSET(polycall_unary, struct_size, 0);
OFFSET(polycall_unary, method, 8);
OFFSET(polycall_unary, options, 16);
OFFSET(polycall_unary, request, 24);
OFFSET(polycall_unary, response_type, 64);
OFFSET(polycall_unary, response_place, 72);
OFFSET(polycall_unary, status, 80);
OFFSET(polycall_unary, response, 104);
OFFSET(polycall_unary, initial_metadata, 144);
OFFSET(polycall_unary, trailing_metadata, 152);
OFFSET(polycall_unary, call, 160);

SIZE(polycall_identity, 32);
OFFSET(polycall_identity, struct_size, 0);
OFFSET(polycall_identity, subject, 8);
OFFSET(polycall_identity, names, 16);
OFFSET(polycall_identity, name_count, 24);

SIZE(polycall_tls_options, 48);
OFFSET(polycall_tls_options, struct_size, 0);
OFFSET(polycall_tls_options, ca_file, 8);
OFFSET(polycall_tls_options, certificate_file, 16);
OFFSET(polycall_tls_options, key_file, 24);
OFFSET(polycall_tls_options, server_name, 32);
OFFSET(polycall_tls_options, flags, 40);
OFFSET(polycall_tls_options, reserved, 44);

SIZE(polycall_channel_options, 176);
OFFSET(polycall_channel_options, struct_size, 0);
OFFSET(polycall_channel_options, limits, 8);
OFFSET(polycall_channel_options, connect_timeout_ns, 80);
OFFSET(polycall_channel_options, initial_backoff_ns, 88);
OFFSET(polycall_channel_options, max_backoff_ns, 96);
OFFSET(polycall_channel_options, max_attempts, 104);
OFFSET(polycall_channel_options, interceptor_count, 108);
OFFSET(polycall_channel_options, interceptors, 112);
OFFSET(polycall_channel_options, transports, 120);
OFFSET(polycall_channel_options, thread_hook, 128);
OFFSET(polycall_channel_options, user_agent, 136);
OFFSET(polycall_channel_options, tls, 144);
OFFSET(polycall_channel_options, balancing, 152);
OFFSET(polycall_channel_options, reserved, 156);
OFFSET(polycall_channel_options, rewire_interval_ns, 160);
OFFSET(polycall_channel_options, hedging_delay_ns, 168);

SIZE(polycall_server_options, 136);
OFFSET(polycall_server_options, struct_size, 0);
OFFSET(polycall_server_options, limits, 8);
OFFSET(polycall_server_options, max_threads, 80);
OFFSET(polycall_server_options, flags, 84);
OFFSET(polycall_server_options, interceptor_count, 88);
OFFSET(polycall_server_options, reserved, 92);
OFFSET(polycall_server_options, interceptors, 96);
OFFSET(polycall_server_options, thread_hook, 104);
OFFSET(polycall_server_options, name, 112);
OFFSET(polycall_server_options, transports, 120);
OFFSET(polycall_server_options, tls, 128);

SIZE(polycall_handler, 40);
OFFSET(polycall_handler, struct_size, 0);
OFFSET(polycall_handler, fn, 8);
OFFSET(polycall_handler, arg, 16);
OFFSET(polycall_handler, request_type, 24);
OFFSET(polycall_handler, asynchronous, 32);
OFFSET(polycall_handler, reserved, 36);

SIZE(polycall_server_stats, 64);
OFFSET(polycall_server_stats, struct_size, 0);
OFFSET(polycall_server_stats, connections_open, 8);
OFFSET(polycall_server_stats, connections_accepted, 16);
OFFSET(polycall_server_stats, calls_started, 24);
OFFSET(polycall_server_stats, calls_in_flight, 32);
OFFSET(polycall_server_stats, calls_failed, 40);
OFFSET(polycall_server_stats, protocol_errors, 48);
OFFSET(polycall_server_stats, threads, 56);

NUMBER(POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE, 1);
NUMBER(POLYCALL_TLS_ALLOW_1_2, 2);

NUMBER(POLYCALL_BALANCING_DEFAULT, 0);
NUMBER(POLYCALL_BALANCING_PICK_FIRST, 1);
NUMBER(POLYCALL_BALANCING_ROUND_ROBIN, 2);
NUMBER(POLYCALL_BALANCING_LEAST_IN_FLIGHT, 3);

NUMBER(POLYCALL_OK, 0);
NUMBER(POLYCALL_CANCELLED, 1);
NUMBER(POLYCALL_UNKNOWN, 2);
NUMBER(POLYCALL_INVALID_ARGUMENT, 3);
NUMBER(POLYCALL_DEADLINE_EXCEEDED, 4);
NUMBER(POLYCALL_NOT_FOUND, 5);
NUMBER(POLYCALL_ALREADY_EXISTS, 6);
NUMBER(POLYCALL_PERMISSION_DENIED, 7);
NUMBER(POLYCALL_RESOURCE_EXHAUSTED, 8);
NUMBER(POLYCALL_FAILED_PRECONDITION, 9);
NUMBER(POLYCALL_ABORTED, 10);
NUMBER(POLYCALL_OUT_OF_RANGE, 11);
NUMBER(POLYCALL_UNIMPLEMENTED, 12);
NUMBER(POLYCALL_INTERNAL, 13);
NUMBER(POLYCALL_UNAVAILABLE, 14);
NUMBER(POLYCALL_DATA_LOSS, 15);
NUMBER(POLYCALL_UNAUTHENTICATED, 16);

NUMBER(POLYCALL_UNARY, 0);
NUMBER(POLYCALL_CLIENT_STREAMING, 1);
NUMBER(POLYCALL_SERVER_STREAMING, 2);
NUMBER(POLYCALL_BIDI_STREAMING, 3);

NUMBER(POLYCALL_METHOD_IDEMPOTENT, 1);
NUMBER(POLYCALL_METHOD_INLINE, 2);
NUMBER(POLYCALL_METHOD_BLOCKING, 4);

NUMBER(POLYCALL_SEND_HALF_CLOSE, 1);
NUMBER(POLYCALL_SEND_BUFFERED, 2);

NUMBER(POLYCALL_CALL_WAIT_FOR_READY, 1);
NUMBER(POLYCALL_CALL_IDEMPOTENT, 2);
NUMBER(POLYCALL_CALL_DETACHED, 4);
NUMBER(POLYCALL_CALL_WANT_METADATA, 8);
NUMBER(POLYCALL_CALL_NO_RETRY, 16);

NUMBER(POLYCALL_CHANNEL_IDLE, 0);
NUMBER(POLYCALL_CHANNEL_CONNECTING, 1);
NUMBER(POLYCALL_CHANNEL_READY, 2);
NUMBER(POLYCALL_CHANNEL_TRANSIENT_FAILURE, 3);

NUMBER(POLYCALL_SERVER_DONATED_ONLY, 1);
NUMBER(POLYCALL_SERVER_COPY_REQUESTS, 2);
NUMBER(POLYCALL_SERVER_NO_DESCRIPTION, 4);

NUMBER(POLYCALL_LOG_DEBUG, 0);
NUMBER(POLYCALL_LOG_INFO, 1);
NUMBER(POLYCALL_LOG_WARNING, 2);
NUMBER(POLYCALL_LOG_ERROR, 3);
NUMBER(POLYCALL_LOG_NONE, 4);

NUMBER(POLYCALL_ABI_VERSION, 1);

static void an_init_sets_the_struct_size_and_leaves_the_rest_zero(void) {
  polycall_unary unary = POLYCALL_UNARY_INIT;
  CHECK(unary.struct_size == sizeof unary);
  CHECK(unary.method == NULL && unary.options == NULL && unary.response_place == NULL);
  CHECK(unary.status.code == POLYCALL_OK && unary.response.data == NULL);
  polycall_channel_options channel = POLYCALL_CHANNEL_OPTIONS_INIT;
  CHECK(channel.struct_size == sizeof channel &&
        channel.limits.struct_size == sizeof channel.limits);
  CHECK(channel.max_attempts == 0 && channel.transports == NULL && channel.user_agent == NULL);
  polycall_server_options server = POLYCALL_SERVER_OPTIONS_INIT;
  CHECK(server.struct_size == sizeof server && server.limits.struct_size == sizeof server.limits);
  CHECK(server.max_threads == 0 && server.flags == 0 && server.name == NULL);
  polycall_call_options call = POLYCALL_CALL_OPTIONS_INIT;
  CHECK(call.struct_size == sizeof call && call.timeout_ns == 0 && call.parent == NULL);
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  CHECK(handler.struct_size == sizeof handler && handler.fn == NULL && handler.asynchronous == 0);
  polycall_message_type type = POLYCALL_MESSAGE_TYPE_INIT;
  CHECK(type.struct_size == sizeof type && type.identity == NULL && type.release == NULL);
  polycall_interceptor interceptor = POLYCALL_INTERCEPTOR_INIT;
  CHECK(interceptor.struct_size == sizeof interceptor && interceptor.finished == NULL);
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  CHECK(stats.struct_size == sizeof stats && stats.threads == 0);
}

static void the_library_is_of_the_version_that_its_header_says(void) {
  char wanted[64];
  snprintf(wanted, sizeof wanted, "%d.%d.%d", POLYCALL_VERSION_MAJOR, POLYCALL_VERSION_MINOR,
           POLYCALL_VERSION_PATCH);
  CHECK_TEXT(polycall_version(), wanted);
  CHECK(polycall_abi_version() == POLYCALL_ABI_VERSION);
}

static const struct test tests[] = {
    {"an INIT sets the struct size and leaves the rest zero",
     an_init_sets_the_struct_size_and_leaves_the_rest_zero},
    {"the library is of the version that its header says",
     the_library_is_of_the_version_that_its_header_says},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
