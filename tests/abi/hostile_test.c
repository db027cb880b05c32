/* What arrives from a hostile or broken peer: its connection ends or the bytes are ignored, as the
 * protocol says, and everybody else is served as ever. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "raw_peer.h"
#include "service.h"

static void serves_on(struct fixture* fixture) {
  polycall_unary unary;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 20 * SECOND;
  call_text(fixture, ECHO, "as ever", &options, &unary);
  CHECK_STATUS(&unary.status, POLYCALL_OK);
  CHECK(message_is(&unary.response, "as ever"));
  unary_clear(&unary);
}

/* Waits until only the fixture's own channel is connected. */
static void only_one_connection_is_left(struct fixture* fixture) {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  for (int i = 0; i < 500; ++i) {
    polycall_server_get_stats(fixture->server, &stats);
    if (stats.connections_open <= 1) {
      break;
    }
    sleep_ms(20);
  }
  CHECK_NUMBER(stats.connections_open, 1);
}

static void random_bytes_end_their_connection_alone(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  serves_on(&fixture);
  uint64_t random = 0x9E3779B97F4A7C15u;
  for (int i = 0; i < 100; ++i) {
    unsigned char bytes[2048];
    for (size_t k = 0; k < sizeof bytes; ++k) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      bytes[k] = (unsigned char)(random >> 56);
    }
    int fd = raw_connect(fixture.address);
    REQUIRE(fd >= 0);
    if (i % 2 == 1) {
      raw_write(fd, "PolyCall", 8); /* half of them get past the preface */
    }
    raw_write(fd, bytes, sizeof bytes);
    shutdown(fd, SHUT_WR);
    CHECK(raw_ended(fd));
    close(fd);
  }
  serves_on(&fixture);
  only_one_connection_is_left(&fixture);
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  polycall_server_get_stats(fixture.server, &stats);
  CHECK(stats.protocol_errors > 0);
  fixture_end(&fixture);
}

static void a_truncated_handshake_is_forgotten(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  serves_on(&fixture);
  static const char bytes[] = "PolyCall\x04\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x08\x01";
  for (size_t cut = 0; cut < sizeof bytes - 1; ++cut) {
    int fd = raw_connect(fixture.address);
    REQUIRE(fd >= 0);
    CHECK(raw_write(fd, bytes, cut));
    close(fd);
  }
  serves_on(&fixture);
  only_one_connection_is_left(&fixture);
  fixture_end(&fixture);
}

static void a_handshake_that_never_ends_is_ended(void) {
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits.handshake_timeout_ns = 200 * MILLISECOND;
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  serves_on(&fixture);
  int silent = raw_connect(fixture.address);
  int slow = raw_connect(fixture.address);
  REQUIRE(silent >= 0 && slow >= 0);
  CHECK(raw_write(slow, "Poly", 4));
  CHECK(raw_ended(silent));
  CHECK(raw_ended(slow));
  close(silent);
  close(slow);
  serves_on(&fixture);
  fixture_end(&fixture);
}

static void a_hello_that_claims_four_gibibytes_is_refused(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  int fd = raw_connect(fixture.address);
  REQUIRE(fd >= 0);
  struct frame hello = {.size = UINT32_MAX, .type = FRAME_HELLO};
  raw_write(fd, "PolyCall", 8);
  raw_write(fd, &hello, sizeof hello);
  CHECK(raw_ended(fd));
  close(fd);
  serves_on(&fixture);
  fixture_end(&fixture);
}

static void frames_for_a_call_that_is_not_there_are_ignored(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  int fd = raw_connect(fixture.address);
  REQUIRE(fd >= 0 && raw_handshake(fd));
  struct frame message = {
      .size = 4, .type = FRAME_MESSAGE, .flags = FLAG_MESSAGE, .call_id = 0x10005};
  struct frame cancel = {.type = FRAME_CANCEL, .call_id = 0x10005, .argument = 1};
  CHECK(raw_frame(fd, message, "late"));
  CHECK(raw_frame(fd, cancel, NULL));
  CHECK(raw_ping(fd, 7));
  close(fd);
  serves_on(&fixture);
  fixture_end(&fixture);
}

static void an_optional_frame_is_skipped_and_an_unknown_one_ends_the_connection(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  int fd = raw_connect(fixture.address);
  REQUIRE(fd >= 0 && raw_handshake(fd));
  struct frame optional = {.size = 5, .type = 200};
  CHECK(raw_frame(fd, optional, "later"));
  CHECK(raw_ping(fd, 1));
  struct frame unknown = {.size = 0, .type = 50};
  CHECK(raw_frame(fd, unknown, NULL));
  struct frame answer;
  char body[256];
  CHECK(raw_read(fd, &answer, body, sizeof body) && answer.type == FRAME_GO_AWAY);
  CHECK(raw_ended(fd));
  close(fd);
  serves_on(&fixture);
  fixture_end(&fixture);
}

static void a_peer_that_stops_reading_stops_its_handler_and_nobody_else(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  int fd = raw_connect(fixture.address);
  REQUIRE(fd >= 0 && raw_handshake(fd));
  static const char body[] = "\x11\0abi.v1.Test/Count10000000";
  struct frame call = {.size = sizeof body - 1,
                       .type = FRAME_CALL,
                       .flags = FLAG_NAMED | FLAG_MESSAGE | FLAG_END,
                       .method = UINT16_MAX,
                       .call_id = 0x10000};
  CHECK(raw_frame(fd, call, body));
  int before = -1;
  for (int i = 0; i < 200 && before != fixture.service.sent; ++i) {
    before = fixture.service.sent;
    sleep_ms(100); /* until it sends no more */
  }
  CHECK(before > 0 && before < 1000000);
  serves_on(&fixture);
  close(fd);
  CHECK(event_wait(&fixture.service.heard)); /* the handler hears that its caller is gone */
  serves_on(&fixture);
  fixture_end(&fixture);
}

static void ten_thousand_connections_may_come_and_go(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  serves_on(&fixture);
  const struct linger reset = {1, 0}; /* leave no TIME_WAIT behind */
  int connected = 0;
  for (int i = 0; i < 10000; ++i) {
    int fd = raw_connect(fixture.address);
    if (fd < 0) {
      sleep_ms(1); /* the backlog is full: that is an answer too */
      continue;
    }
    ++connected;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
  }
  CHECK(connected > 5000);
  serves_on(&fixture);
  only_one_connection_is_left(&fixture);
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"random bytes end their connection alone", random_bytes_end_their_connection_alone},
    {"a truncated handshake is forgotten", a_truncated_handshake_is_forgotten},
    {"a handshake that never ends is ended", a_handshake_that_never_ends_is_ended},
    {"a hello that claims four gibibytes is refused",
     a_hello_that_claims_four_gibibytes_is_refused},
    {"frames for a call that is not there are ignored",
     frames_for_a_call_that_is_not_there_are_ignored},
    {"an optional frame is skipped and an unknown one ends the connection",
     an_optional_frame_is_skipped_and_an_unknown_one_ends_the_connection},
    {"a peer that stops reading stops its handler and nobody else",
     a_peer_that_stops_reading_stops_its_handler_and_nobody_else},
    {"ten thousand connections may come and go", ten_thousand_connections_may_come_and_go},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
