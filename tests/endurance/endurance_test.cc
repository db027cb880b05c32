// Eight threads call, and what the process holds stays what it was: 100,000 calls, or as many as
// POLYCALL_ENDURANCE_CALLS says.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "c_echo.polycall.h"
#include "cpp_echo.polycall.h"

namespace {

constexpr int kThreads = 8;
// More than the allocator's pools waver by, less than a leak of 200 bytes a call would be.
constexpr int64_t kSlack = 12 << 20;
constexpr int64_t kBound = INT64_C(60) * 1000 * 1000 * 1000;

int64_t Calls() {
  const char* const text = getenv("POLYCALL_ENDURANCE_CALLS");
  return text == nullptr ? 100'000 : std::atoll(text);
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0;
  int64_t resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Makes the calls from all threads at once; `call` says whether the answer to a number was right.
void CallFromThreads(int64_t calls, const std::function<bool(int64_t)>& call) {
  std::atomic<int64_t> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int64_t number = 0; number < calls / kThreads; ++number) {
        if (!call(number)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

void ExpectFlat(const std::function<bool(int64_t)>& call) {
  CallFromThreads(Calls() / 4, call);  // what is allocated once
  const int64_t before = ResidentBytes();
  CallFromThreads(Calls(), call);
  EXPECT_LT(ResidentBytes() - before, kSlack);
}

std::string TargetOf(const std::string& transport, const std::string& name) {
  const std::string text = "endurance-" + name + "-" + std::to_string(getpid());
  return transport == "unix" ? "unix:" + testing::TempDir() + text : "inproc:" + text;
}

class Endurance : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(, Endurance, testing::Values("unix", "inproc"),
                         [](const auto& info) { return std::string(info.param); });

class Echo final : public endurance_cpp::Echo::Service {
 public:
  polycall::Status Say(polycall::ServerContext&, const endurance_cpp::Note& request,
                       endurance_cpp::Note* reply) override {
    *reply = request;
    return polycall::OkStatus();
  }
};

TEST_P(Endurance, MemoryStaysFlatWhileEightThreadsCallAServerInCpp) {
  polycall::Server server;
  ASSERT_TRUE(server.AddService(std::make_shared<Echo>()).ok());
  const auto address = server.Listen(TargetOf(GetParam(), "cpp"));
  ASSERT_TRUE(address.ok());
  ASSERT_TRUE(server.Start().ok());
  const endurance_cpp::Echo::Client client(
      polycall::Channel::Create(*address, {.transports = {GetParam()}}).value());
  ExpectFlat([&](int64_t number) {
    endurance_cpp::Note note;
    note.set_number(number);
    note.set_text("a text that is longer than what fits into a string by itself");
    const auto reply = client.Say(note, {.timeout = std::chrono::nanoseconds(kBound)});
    return reply.ok() && reply->number() == number && reply->text() == note.text();
  });
}

polycall_code Say(void*, polycall_call*, const endurance_c_Note* request, polycall_arena* arena,
                  endurance_c_Note* reply, polycall_status*) {
  reply->number = request->number;
  reply->text = polycall_string_copy(arena, request->text);
  return POLYCALL_OK;
}

TEST_P(Endurance, MemoryStaysFlatWhileEightThreadsCallAServerInC) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server* const server = polycall_server_new(nullptr, &status);
  endurance_c_Echo_handlers handlers = {};
  handlers.say = Say;
  ASSERT_EQ(endurance_c_Echo_serve(server, &handlers, nullptr, &status), POLYCALL_OK);
  char address[256];
  ASSERT_EQ(polycall_server_listen(server, TargetOf(GetParam(), "c").c_str(), address,
                                   sizeof address, &status),
            POLYCALL_OK)
      << status.message;
  ASSERT_EQ(polycall_server_start(server, &status), POLYCALL_OK);
  const char* const transports[] = {GetParam(), nullptr};
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports = transports;
  polycall_channel* const channel = polycall_channel_new(address, &options, &status);
  ASSERT_NE(channel, nullptr) << status.message;
  endurance_c_Echo_client client;
  endurance_c_Echo_client_init(&client, channel);
  ExpectFlat([&](int64_t number) {
    polycall_arena arena;
    polycall_arena_init(&arena, nullptr, 0);
    endurance_c_Note note = {};
    endurance_c_Note reply = {};
    note.number = number;
    note.text = polycall_string_from("a text of some length");
    polycall_call_options call = POLYCALL_CALL_OPTIONS_INIT;
    call.timeout_ns = kBound;
    polycall_status ended = POLYCALL_STATUS_INIT;
    const bool right =
        endurance_c_Echo_say(&client, &note, &arena, &reply, &call, &ended) == POLYCALL_OK &&
        reply.number == number && reply.text.size == note.text.size;
    polycall_status_clear(&ended);
    polycall_arena_free(&arena);
    return right;
  });
  polycall_channel_free(channel);
  polycall_server_free(server);
}

}  // namespace
