/* Ways to serve: pull, a donated thread, and the hook that attaches each of the runtime's threads. */
#define _GNU_SOURCE
#include "service.h"

struct server_thread {
  polycall_server* server;
  int64_t timeout_ns;
  polycall_code result;
  atomic_int served;
};

/* A server whose Echo and Chat are pulled; the other methods are pushed as ever. */
static bool start_pull(struct fixture* fixture) {
  service_init(&fixture->service);
  fixture->server = polycall_server_new(NULL, NULL);
  fixture->channel = NULL;
  polycall_handler handlers[METHOD_COUNT];
  for (int i = 0; i < METHOD_COUNT; ++i) {
    handlers[i] = (polycall_handler)POLYCALL_HANDLER_INIT;
    handlers[i].arg = (void*)&test_service.methods[i];
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_add_service(fixture->server, &test_service, handlers, sizeof handlers[0], NULL,
                              NULL, &status);
  bool good = CHECK_STATUS(&status, POLYCALL_OK);
  polycall_server_listen(fixture->server, fresh_target(), fixture->address, sizeof fixture->address,
                         &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  good = CHECK_NUMBER(polycall_server_start(fixture->server, NULL), POLYCALL_OK) && good;
  fixture->channel = polycall_channel_new(fixture->address, NULL, &status);
  good = CHECK_STATUS(&status, POLYCALL_OK) && good;
  polycall_status_clear(&status);
  return good;
}

static void* pull_calls(void* arg) {
  struct server_thread* thread = arg;
  polycall_call* call = NULL;
  polycall_message request = POLYCALL_MESSAGE_INIT;
  void* method = NULL;
  while ((thread->result = polycall_server_next_call(thread->server, thread->timeout_ns, &call,
                                                     &request, &method)) == POLYCALL_OK) {
    atomic_fetch_add(&thread->served, 1);
    const polycall_method_descriptor* descriptor = method;
    CHECK_TEXT(polycall_call_method(call), descriptor->name);
    if (descriptor->kind == POLYCALL_UNARY) {
      polycall_call_finish(call, NULL, &request);
      polycall_message_release(&request);
      continue;
    }
    polycall_message message = POLYCALL_MESSAGE_INIT;
    while (polycall_call_receive(call, &message)) {
      polycall_call_send(call, &message, 0, NULL);
      polycall_message_release(&message);
    }
    polycall_call_finish(call, NULL, NULL);
  }
  return NULL;
}

static void a_thread_of_the_users_pulls_calls_until_shutdown(void) {
  struct fixture fixture;
  REQUIRE(start_pull(&fixture));
  struct server_thread puller = {fixture.server, -1, POLYCALL_OK, 0};
  pthread_t thread;
  pthread_create(&thread, NULL, pull_calls, &puller);
  for (int i = 0; i < 50; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "pulled", NULL, &unary), POLYCALL_OK);
    CHECK(message_is(&unary.response, "pulled"));
    unary_clear(&unary);
  }
  polycall_call* call = start(&fixture, CHAT, 0);
  for (int i = 0; i < 10; ++i) {
    polycall_message message = text_message("pulled stream");
    polycall_call_send(call, &message, 0, NULL);
    polycall_message answer = POLYCALL_MESSAGE_INIT;
    CHECK(polycall_call_receive(call, &answer) == 1 && message_is(&answer, "pulled stream"));
    polycall_message_release(&answer);
  }
  polycall_call_half_close(call);
  CHECK_NUMBER(polycall_call_wait(call, NULL, NULL), POLYCALL_OK);
  polycall_call_release(call);
  polycall_server_shutdown(fixture.server, SECOND);
  pthread_join(thread, NULL);
  CHECK_NUMBER(puller.result, POLYCALL_CANCELLED);
  CHECK_NUMBER(puller.served, 51);
  fixture_end(&fixture);
}

static void a_pull_with_a_timeout_ends_without_a_call(void) {
  struct fixture fixture;
  REQUIRE(start_pull(&fixture));
  polycall_call* call = NULL;
  polycall_message request = POLYCALL_MESSAGE_INIT;
  void* arg = NULL;
  CHECK_NUMBER(polycall_server_next_call(fixture.server, 50 * MILLISECOND, &call, &request, &arg),
               POLYCALL_DEADLINE_EXCEEDED);
  CHECK(call == NULL);
  CHECK_NUMBER(polycall_server_next_call(fixture.server, 0, &call, &request, &arg),
               POLYCALL_DEADLINE_EXCEEDED);
  fixture_end(&fixture);
}

static void many_threads_may_pull(void) {
  struct fixture fixture;
  REQUIRE(start_pull(&fixture));
  struct server_thread pullers[4];
  pthread_t threads[4];
  for (size_t i = 0; i < COUNT_OF(pullers); ++i) {
    pullers[i] = (struct server_thread){fixture.server, -1, POLYCALL_OK, 0};
    pthread_create(&threads[i], NULL, pull_calls, &pullers[i]);
  }
  for (int i = 0; i < 400; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_OK);
    unary_clear(&unary);
  }
  polycall_server_shutdown(fixture.server, SECOND);
  int served = 0;
  for (size_t i = 0; i < COUNT_OF(pullers); ++i) {
    pthread_join(threads[i], NULL);
    served += pullers[i].served;
  }
  CHECK_NUMBER(served, 400);
  fixture_end(&fixture);
}

static void* donate(void* arg) {
  struct server_thread* thread = arg;
  thread->result = polycall_server_run_worker(thread->server, thread->timeout_ns);
  return NULL;
}

static void a_donated_thread_serves_alone(void) {
  struct fixture fixture;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.flags = POLYCALL_SERVER_DONATED_ONLY;
  REQUIRE(fixture_start(&fixture, &options, NULL));
  struct server_thread donated = {fixture.server, -1, POLYCALL_OK, 0};
  pthread_t thread;
  pthread_create(&thread, NULL, donate, &donated);
  for (int i = 0; i < 50; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "donated", NULL, &unary), POLYCALL_OK);
    CHECK(message_is(&unary.response, "donated"));
    unary_clear(&unary);
  }
  polycall_server_shutdown(fixture.server, SECOND);
  pthread_join(thread, NULL);
  CHECK_NUMBER(donated.result, POLYCALL_OK);
  fixture_end(&fixture);
}

static void a_donated_thread_comes_back_after_its_timeout(void) {
  struct fixture fixture;
  REQUIRE(fixture_start(&fixture, NULL, NULL));
  CHECK_NUMBER(polycall_server_run_worker(fixture.server, 50 * MILLISECOND),
               POLYCALL_DEADLINE_EXCEEDED);
  polycall_unary unary;
  CHECK_NUMBER(call_text(&fixture, ECHO, "still served", NULL, &unary), POLYCALL_OK);
  unary_clear(&unary);
  fixture_end(&fixture);
}

/* The hook counts threads; each attached thread keeps its own token. */
static atomic_int attached_threads;
static atomic_int detached_threads;
static __thread int attachments_of_this_thread;

static void* attach(void* arg) {
  CHECK(arg == &attached_threads);
  ++attachments_of_this_thread;
  atomic_fetch_add(&attached_threads, 1);
  return &attachments_of_this_thread;
}

static void detach(void* arg, void* attached) {
  CHECK(arg == &attached_threads);
  CHECK(attached == &attachments_of_this_thread); /* runs on the thread that was attached */
  atomic_fetch_add(&detached_threads, 1);
}

static atomic_int upcalls_without_attachment;
static atomic_int upcalls_attached_twice;

static void look_at_attachment(void* arg, polycall_call* call, const polycall_message* request) {
  (void)arg;
  if (attachments_of_this_thread == 0) {
    atomic_fetch_add(&upcalls_without_attachment, 1);
  } else if (attachments_of_this_thread > 1) {
    atomic_fetch_add(&upcalls_attached_twice, 1);
  }
  polycall_call_finish(call, NULL, request);
}

static void the_hook_attaches_a_runtime_thread_once_before_its_first_upcall(void) {
  static const polycall_thread_hook* hook; /* never freed: one for the process */
  hook = polycall_thread_hook_new(attach, detach, &attached_threads);
  REQUIRE(hook != NULL);
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.thread_hook = hook;
  polycall_server* server = polycall_server_new(&options, NULL);
  REQUIRE(server != NULL);
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = look_at_attachment;
  polycall_service_descriptor service = test_service;
  service.method_count = 1;
  CHECK_NUMBER(
      polycall_server_add_service(server, &service, &handler, sizeof handler, NULL, NULL, NULL),
      POLYCALL_OK);
  struct fixture fixture;
  fixture.server = server;
  polycall_server_listen(server, fresh_target(), fixture.address, sizeof fixture.address, NULL);
  polycall_server_start(server, NULL);
  fixture.channel = polycall_channel_new(fixture.address, NULL, NULL);
  REQUIRE(fixture.channel != NULL);
  for (int i = 0; i < 100; ++i) {
    polycall_unary unary;
    CHECK_NUMBER(call_text(&fixture, ECHO, "x", NULL, &unary), POLYCALL_OK);
    unary_clear(&unary);
  }
  fixture_end(&fixture);
  if (strcmp(transport(), "inproc") != 0) {
    /* Over inproc the handler runs on the caller's thread, which is not the runtime's. */
    CHECK_NUMBER(upcalls_without_attachment, 0);
    CHECK(attached_threads > 0);
  }
  CHECK_NUMBER(upcalls_attached_twice, 0);
  CHECK(detached_threads <= attached_threads);
}

static const struct test tests[] = {
    {"a thread of the user's pulls calls until shutdown",
     a_thread_of_the_users_pulls_calls_until_shutdown},
    {"a pull with a timeout ends without a call", a_pull_with_a_timeout_ends_without_a_call},
    {"many threads may pull", many_threads_may_pull},
    {"a donated thread serves alone", a_donated_thread_serves_alone},
    {"a donated thread comes back after its timeout",
     a_donated_thread_comes_back_after_its_timeout},
    {"the hook attaches a runtime thread once, before its first upcall",
     the_hook_attaches_a_runtime_thread_once_before_its_first_upcall},
};

int main(int argc, char** argv) { return run_tests(argc, argv, tests, COUNT_OF(tests)); }
