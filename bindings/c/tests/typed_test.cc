// Typed clients and servers against each other, and against peers that send bytes which are no message.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "typed.polycall.h"

namespace {

using testing::HasSubstr;

constexpr int64_t kBound = INT64_C(20) * 1000 * 1000 * 1000;

std::string Text(polycall_string string) { return std::string(string.data, string.size); }

// What the handlers of a test do; unset ones are not served.
struct Behaviour {
  std::function<polycall_code(polycall_call*, const typed_Note*, polycall_arena*, typed_Note*,
                              polycall_status*)>
      keep;
  std::function<void(polycall_call*, const typed_Note*)> keep_async;
  std::function<polycall_code(polycall_call*, polycall_arena*, polycall_status*)> talk;
};

polycall_code RunKeep(void* arg, polycall_call* call, const typed_Note* request,
                      polycall_arena* arena, typed_Note* reply, polycall_status* status) {
  return static_cast<Behaviour*>(arg)->keep(call, request, arena, reply, status);
}

void RunKeepAsync(void* arg, polycall_call* call, const typed_Note* request) {
  static_cast<Behaviour*>(arg)->keep_async(call, request);
}

polycall_code RunTalk(void* arg, polycall_call* call, polycall_arena* arena,
                      polycall_status* status) {
  return static_cast<Behaviour*>(arg)->talk(call, arena, status);
}

polycall_message Bytes(std::string_view bytes) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  return message;
}

class Typed : public testing::TestWithParam<const char*> {
 protected:
  Typed() {
    polycall_arena_init(&arena_, space_, sizeof space_);
    options_.timeout_ns = kBound;
    unary_.options = &options_;
  }

  ~Typed() override {
    polycall_channel_free(channel_);
    polycall_server_free(server_);  // waits for the handlers
    if (later_.joinable()) later_.join();
    polycall_arena_free(&arena_);
    polycall_status_clear(&status_);
  }

  void Serve(uint32_t flags = 0) {
    polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
    options.flags = flags;
    server_ = polycall_server_new(&options, &status_);
    ASSERT_NE(server_, nullptr) << status_.message;
    typed_Notes_handlers handlers = {};
    if (behaviour_.keep) handlers.keep = RunKeep;
    if (behaviour_.talk) handlers.talk = RunTalk;
    if (behaviour_.keep_async) handlers.keep_async = RunKeepAsync;
    ASSERT_EQ(typed_Notes_serve(server_, &handlers, &behaviour_, &status_), POLYCALL_OK);
    Listen();
  }

  // A server that answers every call of Keep (unary) or Gather with `reply`, which need not be a message.
  void ServeBytes(const std::string& reply, int32_t kind = POLYCALL_UNARY) {
    server_ = polycall_server_new(nullptr, &status_);
    ASSERT_NE(server_, nullptr);
    reply_bytes_ = reply;
    polycall_method_descriptor method = {
        sizeof method, kind == POLYCALL_UNARY ? "Keep" : "Gather", kind, 0, 0, nullptr, nullptr};
    polycall_service_descriptor service = {sizeof service, "typed.Notes", &method, 1,
                                           sizeof method,  nullptr,       0,       0};
    polycall_handler handler = POLYCALL_HANDLER_INIT;
    handler.arg = &reply_bytes_;
    handler.fn = [](void* arg, polycall_call* call, const polycall_message*) {
      const auto& bytes = *static_cast<std::string*>(arg);
      const polycall_message message = Bytes(bytes);
      polycall_call_finish(call, nullptr, &message);
    };
    ASSERT_EQ(polycall_server_add_service(server_, &service, &handler, sizeof handler, nullptr,
                                          nullptr, &status_),
              POLYCALL_OK);
    Listen();
  }

  void Listen() {
    std::string target = GetParam();
    if (target == "unix:")
      target += testing::TempDir() + "polycall-typed-" + std::to_string(getpid());
    char address[256];
    ASSERT_EQ(polycall_server_listen(server_, target.c_str(), address, sizeof address, &status_),
              POLYCALL_OK)
        << status_.message;
    ASSERT_EQ(polycall_server_start(server_, &status_), POLYCALL_OK);
    channel_ = polycall_channel_new(address, nullptr, &status_);
    ASSERT_NE(channel_, nullptr);
    typed_Notes_client_init(&client_, channel_);
  }

  polycall_code Keep(const typed_Note& request, typed_Note* reply) {
    polycall_status_clear(&status_);
    return typed_Notes_keep(&client_, &request, &arena_, reply, &options_, &status_);
  }

  Behaviour behaviour_;
  std::thread later_;
  std::string reply_bytes_;
  polycall_server* server_ = nullptr;
  polycall_channel* channel_ = nullptr;
  typed_Notes_client client_ = {};
  polycall_call_options options_ = POLYCALL_CALL_OPTIONS_INIT;
  polycall_unary unary_ = POLYCALL_UNARY_INIT;
  polycall_status status_ = POLYCALL_STATUS_INIT;
  alignas(8) char space_[512];
  polycall_arena arena_;
};

TEST_P(Typed, HandlesARequestAndKeepsTheReplyInTheCallersArena) {
  behaviour_.keep = [](polycall_call*, const typed_Note* request, polycall_arena* arena,
                       typed_Note* reply, polycall_status*) {
    reply->number = request->number + 1;
    const std::string text(3000, 't');  // gone when the handler returns
    reply->text = polycall_string_copy(arena, polycall_bytes_from(text.data(), text.size()));
    for (int i = 0; i < 10; ++i) {
      typed_Note* const note = typed_Note_add_notes(reply, arena);
      note->number = i;
      note->text = polycall_string_from("static text");
    }
    return POLYCALL_OK;
  };
  Serve();
  typed_Note request = {};
  typed_Note reply;
  request.number = 41;
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK) << status_.message;
  EXPECT_EQ(reply.number, 42);
  EXPECT_EQ(Text(reply.text), std::string(3000, 't'));
  ASSERT_EQ(reply.notes.size, 10u);
  EXPECT_EQ(Text(reply.notes.data[9].text), "static text");
}

TEST_P(Typed, LetsAnAsynchronousHandlerFinishLaterFromAnotherThread) {
  behaviour_.keep_async = [this](polycall_call* call, const typed_Note* request) {
    later_ = std::thread([call, number = request->number] {
      const std::string text = "made on another thread";
      typed_Note reply = {};
      reply.number = number;
      reply.text = polycall_bytes_from(text.data(), text.size());
      typed_Notes_server_keep_finish(call, nullptr, &reply);
    });
  };
  Serve();
  typed_Note request = {};
  typed_Note reply;
  request.number = 7;
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK) << status_.message;
  EXPECT_EQ(reply.number, 7);
  EXPECT_EQ(Text(reply.text), "made on another thread");
}

TEST_P(Typed, TellsOfAHandlerThatFinishesOkWithoutAReply) {
  behaviour_.keep_async = [](polycall_call* call, const typed_Note*) {
    typed_Notes_server_keep_finish(call, nullptr, nullptr);
  };
  Serve();
  const typed_Note request = {};
  typed_Note reply;
  EXPECT_EQ(Keep(request, &reply), POLYCALL_INTERNAL);
  EXPECT_THAT(status_.message, HasSubstr("without a reply"));
}

TEST_P(Typed, MakesACodeWithoutATextTheStatus) {
  behaviour_.keep = [](polycall_call*, const typed_Note*, polycall_arena*, typed_Note* reply,
                       polycall_status*) {
    reply->number = 5;  // and is not seen
    return POLYCALL_ABORTED;
  };
  Serve();
  const typed_Note request = {};
  typed_Note reply;
  EXPECT_EQ(Keep(request, &reply), POLYCALL_ABORTED);
  EXPECT_EQ(reply.number, 0);
}

TEST_P(Typed, RefusesARequestThatIsNoMessageAndServesOn) {
  behaviour_.keep = [](polycall_call*, const typed_Note* request, polycall_arena*,
                       typed_Note* reply, polycall_status*) {
    reply->number = request->number;
    return POLYCALL_OK;
  };
  Serve();
  unary_.method = client_.methods[0];
  unary_.request.data = "\x08\x01\x12\x7f";
  unary_.request.size = 4;
  EXPECT_EQ(polycall_unary_call(channel_, &unary_), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(unary_.status.message,
              HasSubstr("cannot read typed.Note: byte 2, field 2 of typed.Note"));
  polycall_status_clear(&unary_.status);
  typed_Note request = {};
  typed_Note reply;
  request.number = 3;
  EXPECT_EQ(Keep(request, &reply), POLYCALL_OK);
  EXPECT_EQ(reply.number, 3);
}

TEST_P(Typed, BlamesThePeerForAReplyThatIsNoMessage) {
  ServeBytes("\x12\x01\xff");
  const typed_Note request = {};
  typed_Note reply;
  EXPECT_EQ(Keep(request, &reply), POLYCALL_INTERNAL);
  EXPECT_THAT(status_.message, HasSubstr("a string is not UTF-8"));
  EXPECT_EQ(reply.text.size, 0u);
}

TEST_P(Typed, TakesALongReplyWithoutCopyingItsText) {
  std::string bytes = "\x12\xa0\x8d\x06";  // 100,000 bytes of text
  bytes.append(100000, 'x');
  ServeBytes(bytes);
  const typed_Note request = {};
  typed_Note reply;
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK) << status_.message;
  EXPECT_EQ(Text(reply.text), std::string(100000, 'x'));
  EXPECT_LT(polycall_arena_heap_size(&arena_), 10000u);
}

TEST_P(Typed, ReportsAReplyThatIsTooMuchForTheArena) {
  std::string bytes;
  for (int i = 0; i < 2000; ++i) bytes += "\x1a\x02\x08\x01";
  ServeBytes(bytes);
  polycall_arena_set_limit(&arena_, 10000);
  const typed_Note request = {};
  typed_Note reply;
  EXPECT_EQ(Keep(request, &reply), POLYCALL_RESOURCE_EXHAUSTED);
  EXPECT_EQ(reply.notes.size, 0u);
}

TEST_P(Typed, GivesMetadataWithTheUnaryForm) {
  behaviour_.keep = [](polycall_call* call, const typed_Note*, polycall_arena*, typed_Note*,
                       polycall_status* status) {
    polycall_metadata* const trailing = polycall_metadata_new();
    polycall_metadata_add(trailing, "seen", "yes", 3, nullptr);
    polycall_call_set_trailing_metadata(call, trailing, status);
    polycall_metadata_free(trailing);
    return POLYCALL_OK;
  };
  Serve();
  options_.flags = POLYCALL_CALL_WANT_METADATA;
  const typed_Note request = {};
  typed_Note reply;
  ASSERT_EQ(typed_Notes_keep_unary(&client_, &request, &arena_, &reply, &unary_), POLYCALL_OK);
  const void* value;
  size_t size;
  ASSERT_EQ(polycall_metadata_find(unary_.trailing_metadata, "seen", &value, &size), 1);
  EXPECT_EQ(std::string(static_cast<const char*>(value), size), "yes");
  polycall_metadata_free(unary_.initial_metadata);
  polycall_metadata_free(unary_.trailing_metadata);
}

TEST_P(Typed, ServesCopiesWhenTheServerAsksForThem) {
  const typed_Note* seen = nullptr;
  behaviour_.keep = [&seen](polycall_call*, const typed_Note* request, polycall_arena* arena,
                            typed_Note* reply, polycall_status*) {
    seen = request;
    return typed_Note_copy(reply, request, arena) ? POLYCALL_OK : POLYCALL_RESOURCE_EXHAUSTED;
  };
  Serve(POLYCALL_SERVER_COPY_REQUESTS);
  typed_Note request = {};
  typed_Note reply;
  request.text = polycall_string_from("copied");
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK);
  EXPECT_NE(seen, &request);
  EXPECT_TRUE(typed_Note_equal(&request, &reply));
}

TEST_P(Typed, EndsAStreamWhoseRequestsAreNoMessages) {
  auto received = std::make_shared<std::promise<int>>();  // may outlive this test
  behaviour_.talk = [received](polycall_call* call, polycall_arena* arena, polycall_status*) {
    typed_Note note;
    int count = 0;
    while (typed_Notes_server_talk_receive(call, arena, &note)) ++count;
    received->set_value(count);
    return POLYCALL_OK;  // too late to matter
  };
  Serve();
  polycall_call* const call = typed_Notes_talk_start(&client_, &options_);
  const typed_Note note = {};
  EXPECT_EQ(typed_Notes_talk_send(call, &note, 0, &status_), POLYCALL_OK);
  const polycall_message garbage = Bytes("\x0f");
  EXPECT_EQ(polycall_call_send(call, &garbage, 0, &status_), POLYCALL_OK);
  EXPECT_EQ(received->get_future().get(), 1);
  EXPECT_EQ(typed_Notes_talk_finish(call, &status_), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(status_.message, HasSubstr("cannot read typed.Note"));
}

TEST_P(Typed, EndsAStreamWhoseRepliesAreNoMessages) {
  behaviour_.talk = [](polycall_call* call, polycall_arena*, polycall_status* status) {
    const typed_Note note = {};
    typed_Notes_server_talk_send(call, &note, 0, status);
    const polycall_message garbage = Bytes("\x0f");
    return polycall_call_send(call, &garbage, 0, status);
  };
  Serve();
  polycall_call* const call = typed_Notes_talk_start(&client_, &options_);
  typed_Note note;
  EXPECT_EQ(typed_Notes_talk_receive(call, &arena_, &note), 1);
  EXPECT_EQ(typed_Notes_talk_receive(call, &arena_, &note), 0);
  EXPECT_EQ(typed_Notes_talk_finish(call, &status_), POLYCALL_INTERNAL);
  EXPECT_THAT(status_.message, HasSubstr("cannot read typed.Note"));
}

TEST_P(Typed, TellsOfAnUnreadableReplyThoughTheCallHasEndedOk) {
  ServeBytes("\x0f", POLYCALL_CLIENT_STREAMING);
  polycall_call* const call = typed_Notes_gather_start(&client_, &options_);
  typed_Note reply;
  EXPECT_EQ(typed_Notes_gather_finish(call, &arena_, &reply, &status_), POLYCALL_INTERNAL);
  EXPECT_THAT(status_.message, HasSubstr("cannot read typed.Note"));
}

INSTANTIATE_TEST_SUITE_P(Transports, Typed,
                         testing::Values("inproc:polycall-c-typed", "unix:", "tcp://127.0.0.1:0"),
                         [](const auto& info) {
                           const std::string target = info.param;
                           return target.substr(0, target.find(':'));
                         });

class TypedInproc : public Typed {};

TEST_P(TypedInproc, PassesTheCallersOwnStructs) {
  typed_Note request = {};
  typed_Note reply;
  bool same = false;
  behaviour_.keep = [&](polycall_call*, const typed_Note* got, polycall_arena* arena,
                        typed_Note* place, polycall_status*) {
    same = got == &request && place == &reply && arena == &arena_;
    return POLYCALL_OK;
  };
  Serve();
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK);  // connects
  ASSERT_EQ(Keep(request, &reply), POLYCALL_OK);
  EXPECT_TRUE(same);
}

INSTANTIATE_TEST_SUITE_P(Inproc, TypedInproc, testing::Values("inproc:polycall-c-typed"));

TEST(Object, CountsItsKeepers) {
  typed_Note note = {};
  note.text = polycall_string_from("kept");
  polycall_object object = {&typed_Note_table, &note, nullptr, 0};
  auto* const kept = static_cast<polycall_object*>(polycall_object_retain(&object));
  ASSERT_NE(kept, nullptr);
  note.text = polycall_string_from("changed");
  EXPECT_EQ(polycall_object_retain(kept), kept);
  polycall_object_release(kept);
  EXPECT_EQ(Text(static_cast<typed_Note*>(kept->message)->text), "kept");
  polycall_object_release(kept);
  polycall_object_release(&object);  // stands on the stack: nothing to end
  polycall_object_release(nullptr);
}

}  // namespace
