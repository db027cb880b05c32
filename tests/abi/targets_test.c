/* Targets that cannot be: for channels and for listeners, each with an error that says what is wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "service.h"

static void refuses_channel(const char* target) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(target, NULL, &status);
  if (!CHECK(channel == NULL) || !CHECK_STATUS(&status, POLYCALL_INVALID_ARGUMENT)) {
    printf("    the target was \"%s\"\n", target);
  }
  CHECK(status.message != NULL && status.message[0] != '\0');
  if (target[0] != '\0' && strlen(target) < 80 && status.message != NULL) {
    CHECK(strstr(status.message, target) != NULL);
  }
  polycall_status_clear(&status);
  if (channel != NULL) {
    polycall_channel_free(channel);
  }
}

static void a_target_that_does_not_parse_is_an_invalid_argument(void) {
  refuses_channel("");
  refuses_channel("unix:");
  refuses_channel("inproc:");
  refuses_channel("tcp://");
  refuses_channel("tcp://host");
  refuses_channel("tcp://host:port");
  refuses_channel("tcp://host:70000");
  refuses_channel("tcp://host:-1");
  refuses_channel("tcp://:");
  refuses_channel("pigeon:coop");
  refuses_channel("just words");
  refuses_channel("tcp://[::1");
}

static void a_unix_path_that_is_too_long_is_an_invalid_argument(void) {
  char target[400] = "unix:/tmp/";
  memset(target + strlen(target), 'p', 300);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_channel_new(target, NULL, &status) == NULL);
  CHECK_STATUS(&status, POLYCALL_INVALID_ARGUMENT);
  polycall_status_clear(&status);
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  CHECK_NUMBER(polycall_server_listen(server, target, NULL, 0, &status), POLYCALL_INVALID_ARGUMENT);
  CHECK(status.message != NULL && strstr(status.message, "10") != NULL); /* how long one may be */
  polycall_status_clear(&status);
  polycall_server_free(server);
}

static void a_good_target_makes_a_channel_that_is_idle(void) {
  static const char* const targets[] = {"inproc:nobody-here", "unix:/nowhere/at/all.sock",
                                        "tcp://127.0.0.1:1", "tcp://[::1]:1", "127.0.0.1:1"};
  for (size_t i = 0; i < COUNT_OF(targets); ++i) {
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_channel* channel = polycall_channel_new(targets[i], NULL, &status);
    if (!CHECK_STATUS(&status, POLYCALL_OK)) {
      printf("    the target was \"%s\"\n", targets[i]);
    }
    if (channel != NULL) {
      CHECK_NUMBER(polycall_channel_get_state(channel), POLYCALL_CHANNEL_IDLE);
      CHECK(polycall_channel_transport(channel) == NULL);
      polycall_channel_free(channel);
    }
    polycall_status_clear(&status);
  }
}

static void a_transport_that_does_not_exist_is_an_invalid_argument(void) {
  static const char* const names[] = {"pigeon", NULL};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = names;
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new("127.0.0.1:1", &options, &status);
  CHECK(channel == NULL);
  CHECK_STATUS(&status, POLYCALL_INVALID_ARGUMENT);
  CHECK(status.message != NULL && strstr(status.message, "pigeon") != NULL);
  polycall_status_clear(&status);
}

static void listening_where_somebody_listens_already_exists(void) {
  char path[128];
  snprintf(path, sizeof path, "unix:/tmp/polycall-abi-twice-%d.sock", (int)getpid());
  polycall_server* first = polycall_server_new(NULL, NULL);
  polycall_server* second = polycall_server_new(NULL, NULL);
  REQUIRE(first != NULL && second != NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  char address[128];
  CHECK_NUMBER(polycall_server_listen(first, path, NULL, 0, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_server_listen(second, path, NULL, 0, &status), POLYCALL_ALREADY_EXISTS);
  CHECK(status.message != NULL && strstr(status.message, path + 5) != NULL);
  polycall_status_clear(&status);
  CHECK_NUMBER(polycall_server_listen(first, "inproc:abi-twice", NULL, 0, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_server_listen(second, "inproc:abi-twice", NULL, 0, NULL),
               POLYCALL_ALREADY_EXISTS);
  CHECK_NUMBER(polycall_server_listen(first, "tcp://127.0.0.1:0", address, sizeof address, NULL),
               POLYCALL_OK);
  CHECK_NUMBER(polycall_server_listen(second, address, NULL, 0, NULL), POLYCALL_ALREADY_EXISTS);
  polycall_server_free(first);
  polycall_server_free(second);
}

static void a_socket_file_that_nobody_listens_on_is_replaced(void) {
  char target[128];
  snprintf(target, sizeof target, "unix:/tmp/polycall-abi-stale-%d.sock", (int)getpid());
  const char* path = target + 5;
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  REQUIRE(bind(fd, (struct sockaddr*)&address, sizeof address) == 0);
  close(fd); /* as a process leaves it that was killed */
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_listen(server, target, NULL, 0, &status);
  CHECK_STATUS(&status, POLYCALL_OK);
  polycall_status_clear(&status);
  struct stat info;
  CHECK(stat(path, &info) == 0 && S_ISSOCK(info.st_mode) && (info.st_mode & 077) == 0);
  CHECK_NUMBER(polycall_server_start(server, NULL), POLYCALL_OK);
  polycall_server_shutdown(server, 0);
  CHECK(stat(path, &info) != 0); /* removed at shutdown */
  polycall_server_free(server);
}

static void a_file_that_is_no_socket_is_left_alone(void) {
  char target[128];
  snprintf(target, sizeof target, "unix:/tmp/polycall-abi-file-%d", (int)getpid());
  const char* path = target + 5;
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0 && write(fd, "precious", 8) == 8);
  close(fd);
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK(polycall_server_listen(server, target, NULL, 0, &status) != POLYCALL_OK);
  CHECK(status.message != NULL && strstr(status.message, path) != NULL);
  polycall_status_clear(&status);
  polycall_server_free(server);
  struct stat info;
  CHECK(stat(path, &info) == 0 && info.st_size == 8);
  unlink(path);
}

static void listening_on_a_bad_target_is_an_invalid_argument(void) {
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  static const char* const targets[] = {"", "unix:", "tcp://", "tcp://host:x", "pigeon:coop"};
  for (size_t i = 0; i < COUNT_OF(targets); ++i) {
    polycall_status status = POLYCALL_STATUS_INIT;
    CHECK_NUMBER(polycall_server_listen(server, targets[i], NULL, 0, &status),
                 POLYCALL_INVALID_ARGUMENT);
    CHECK(status.message != NULL && status.message[0] != '\0');
    polycall_status_clear(&status);
  }
  polycall_server_free(server);
}

static void the_listeners_address_is_cut_to_the_space_there_is(void) {
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  char address[8];
  memset(address, 'x', sizeof address);
  CHECK_NUMBER(
      polycall_server_listen(server, "inproc:abi-a-long-name", address, sizeof address, NULL),
      POLYCALL_OK);
  CHECK_TEXT(address, "inproc:");
  char whole[64];
  CHECK_NUMBER(polycall_server_listen(server, "tcp://127.0.0.1:0", whole, sizeof whole, NULL),
               POLYCALL_OK);
  CHECK(strncmp(whole, "tcp://127.0.0.1:", 16) == 0 && atoi(whole + 16) > 0);
  polycall_server_free(server);
}

static void a_service_may_be_added_once_and_only_before_the_start(void) {
  struct service service;
  service_init(&service);
  polycall_server* server = polycall_server_new(NULL, NULL);
  REQUIRE(server != NULL);
  polycall_status status = POLYCALL_STATUS_INIT;
  CHECK_NUMBER(service_add(server, &service, &status), POLYCALL_OK);
  CHECK_NUMBER(service_add(server, &service, &status), POLYCALL_ALREADY_EXISTS);
  CHECK(status.message != NULL && strstr(status.message, "abi.v1.Test") != NULL);
  polycall_status_clear(&status);
  CHECK_NUMBER(polycall_server_listen(server, "inproc:abi-once", NULL, 0, NULL), POLYCALL_OK);
  CHECK_NUMBER(polycall_server_start(server, NULL), POLYCALL_OK);
  polycall_service_descriptor other = test_service;
  other.name = "abi.v1.TooLate";
  other.method_count = 0;
  CHECK(polycall_server_add_service(server, &other, NULL, 0, NULL, NULL, &status) != POLYCALL_OK);
  polycall_status_clear(&status);
  polycall_server_free(server);
  CHECK_NUMBER(service.freed, 1);
}

static const struct test tests[] = {
    {"a target that does not parse is an invalid argument",
     a_target_that_does_not_parse_is_an_invalid_argument},
    {"a unix path that is too long is an invalid argument",
     a_unix_path_that_is_too_long_is_an_invalid_argument},
    {"a good target makes a channel that is idle", a_good_target_makes_a_channel_that_is_idle},
    {"a transport that does not exist is an invalid argument",
     a_transport_that_does_not_exist_is_an_invalid_argument},
    {"listening where somebody listens: ALREADY_EXISTS",
     listening_where_somebody_listens_already_exists},
    {"a socket file that nobody listens on is replaced",
     a_socket_file_that_nobody_listens_on_is_replaced},
    {"a file that is no socket is left alone", a_file_that_is_no_socket_is_left_alone},
    {"listening on a bad target is an invalid argument",
     listening_on_a_bad_target_is_an_invalid_argument},
    {"the listener's address is cut to the space there is",
     the_listeners_address_is_cut_to_the_space_there_is},
    {"a service may be added once, and only before the start",
     a_service_may_be_added_once_and_only_before_the_start},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
