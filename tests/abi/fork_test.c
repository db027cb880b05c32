/* fork(): a channel starts afresh in the child, calls under way and servers end there; never a hang. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service.h"

/* Runs `child` in a forked process; true when it ended within its time with exit code 0. */
static bool in_child(bool (*child)(void*), void* arg) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    alarm(20);
    bool good = child(arg);
    fflush(stdout);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

/* A server process that the tests talk to, as the parent's own server is no use to the child. */
struct remote {
  pid_t pid;
  char target[128];
};

static bool remote_start(struct remote* remote) {
  snprintf(remote->target, sizeof remote->target, "unix:/tmp/polycall-abi-fork-%d.sock",
           (int)getpid());
  unlink(remote->target + 5);
  int ready[2];
  if (pipe(ready) != 0) {
    return false;
  }
  fflush(stdout);
  remote->pid = fork();
  if (remote->pid == 0) {
    struct service service;
    service_init(&service);
    polycall_server* server = polycall_server_new(NULL, NULL);
    service_add(server, &service, NULL);
    bool good = polycall_server_listen(server, remote->target, NULL, 0, NULL) == POLYCALL_OK &&
                polycall_server_start(server, NULL) == POLYCALL_OK;
    char letter = good ? 'y' : 'n';
    if (write(ready[1], &letter, 1) != 1) {
      _exit(1);
    }
    alarm(50);
    polycall_server_wait(server, -1);
    _exit(0);
  }
  char letter = 'n';
  bool good = remote->pid > 0 && read(ready[0], &letter, 1) == 1 && letter == 'y';
  close(ready[0]);
  close(ready[1]);
  return good;
}

static void remote_end(struct remote* remote) {
  kill(remote->pid, SIGKILL);
  waitpid(remote->pid, NULL, 0);
  unlink(remote->target + 5);
}

static bool echo_works(void* arg) {
  struct fixture* fixture = arg;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = 10 * SECOND;
  polycall_unary unary;
  bool good = call_text(fixture, ECHO, "across the fork", &options, &unary) == POLYCALL_OK &&
              message_is(&unary.response, "across the fork");
  if (!good) {
    printf("    in the process: %s %s\n", polycall_code_name(unary.status.code),
           unary.status.message ? unary.status.message : "");
  }
  unary_clear(&unary);
  return good;
}

static void a_channel_used_before_the_fork_works_in_parent_and_child(void) {
  struct remote remote;
  REQUIRE(remote_start(&remote));
  struct fixture fixture;
  fixture.server = NULL;
  fixture.channel = polycall_channel_new(remote.target, NULL, NULL);
  if (CHECK(fixture.channel != NULL)) {
    CHECK(echo_works(&fixture));
    CHECK(in_child(echo_works, &fixture));
    CHECK(echo_works(&fixture));
    CHECK(in_child(echo_works, &fixture));
    polycall_channel_free(fixture.channel);
  }
  remote_end(&remote);
}

static void* connect_and_call(void* arg) { return echo_works(arg) ? NULL : arg; }

/* The connecting thread holds locks and half-made objects, of which the child has copies. */
static void a_fork_while_another_thread_connects_leaves_a_channel_that_works(void) {
  struct remote remote;
  REQUIRE(remote_start(&remote));
  for (int i = 0; i < 60; ++i) {
    struct fixture fixture;
    fixture.server = NULL;
    fixture.channel = polycall_channel_new(remote.target, NULL, NULL);
    REQUIRE(fixture.channel != NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, connect_and_call, &fixture);
    for (volatile int wait = 0; wait < i * 3000; ++wait) {
    }
    CHECK(in_child(echo_works, &fixture));
    void* failed = NULL;
    pthread_join(thread, &failed);
    CHECK(failed == NULL);
    polycall_channel_free(fixture.channel);
  }
  remote_end(&remote);
}

static bool call_has_failed_precondition(void* arg) {
  polycall_call* call = arg;
  polycall_message message = POLYCALL_MESSAGE_INIT;
  return polycall_call_receive(call, &message) == 0 &&
         polycall_call_wait(call, NULL, NULL) == POLYCALL_FAILED_PRECONDITION;
}

static void a_call_under_way_ends_in_the_child_and_goes_on_in_the_parent(void) {
  struct remote remote;
  REQUIRE(remote_start(&remote));
  struct fixture fixture;
  fixture.server = NULL;
  fixture.channel = polycall_channel_new(remote.target, NULL, NULL);
  if (CHECK(fixture.channel != NULL)) {
    polycall_call* call = start(&fixture, CHAT, 20 * SECOND);
    polycall_message message = text_message("before");
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    CHECK_NUMBER(polycall_call_send(call, &message, 0, NULL), POLYCALL_OK);
    CHECK(polycall_call_receive(call, &answer) == 1);
    polycall_message_release(&answer);
    CHECK(in_child(call_has_failed_precondition, call));
    CHECK_NUMBER(polycall_call_send(call, &message, POLYCALL_SEND_HALF_CLOSE, NULL), POLYCALL_OK);
    CHECK(polycall_call_receive(call, &answer) == 1);
    polycall_message_release(&answer);
    CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
    polycall_call_release(call);
    polycall_channel_free(fixture.channel);
  }
  remote_end(&remote);
}

static bool server_refuses(void* arg) {
  polycall_server* server = arg;
  polycall_status status = POLYCALL_STATUS_INIT;
  bool good = polycall_server_listen(server, "inproc:abi-after-fork", NULL, 0, &status) ==
              POLYCALL_FAILED_PRECONDITION;
  polycall_status_clear(&status);
  return good;
}

static void a_server_answers_failed_precondition_in_the_child(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  CHECK(echo_works(&fixture));
  CHECK(in_child(server_refuses, fixture.server));
  CHECK(echo_works(&fixture));
  fixture_end(&fixture);
}

static const struct test tests[] = {
    {"a channel used before the fork works in parent and child",
     a_channel_used_before_the_fork_works_in_parent_and_child},
    {"a fork while another thread connects leaves a channel that works",
     a_fork_while_another_thread_connects_leaves_a_channel_that_works},
    {"a call under way ends in the child and goes on in the parent",
     a_call_under_way_ends_in_the_child_and_goes_on_in_the_parent},
    {"a server answers FAILED_PRECONDITION in the child",
     a_server_answers_failed_precondition_in_the_child},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
