// polycall:///name: what a scheduler says, followed. The scheduler is a stand-in that speaks polycalld's
// messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "load.h"
#include "polycall/host.h"

namespace polycall::rewiring {
namespace {

using testing::HasSubstr;

// The wire format of protobuf, as far as it takes here.
std::string Field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) +
         bytes;
}
std::string Number(int number, char value) {
  return std::string(1, static_cast<char>(number << 3)) + value;
}
std::string Endpoint(const std::string& target, bool ready = true) {
  return Field(1, Field(1, target) + Field(2, "i") + Number(3, ready ? 1 : 0) + Number(4, 1));
}

class Scheduler {
 public:
  explicit Scheduler(const std::string& target) {
    server_ = polycall_server_new(nullptr, nullptr);
    static const polycall_method_descriptor methods[] = {
        {sizeof(polycall_method_descriptor), "Watch", POLYCALL_SERVER_STREAMING, 0, 0, nullptr,
         nullptr},
        {sizeof(polycall_method_descriptor), "Report", POLYCALL_UNARY, 0, 0, nullptr, nullptr}};
    const polycall_service_descriptor service = {sizeof(service),
                                                 "polycall.scheduler.v1.Scheduler",
                                                 methods,
                                                 2,
                                                 sizeof(polycall_method_descriptor),
                                                 nullptr,
                                                 0,
                                                 0};
    polycall_handler handlers[2] = {POLYCALL_HANDLER_INIT, POLYCALL_HANDLER_INIT};
    handlers[0].fn = &Scheduler::Watch;
    handlers[1].fn = &Scheduler::Report;
    handlers[0].arg = handlers[1].arg = this;
    EXPECT_EQ(polycall_server_add_service(server_, &service, handlers, sizeof(handlers[0]), nullptr,
                                          nullptr, nullptr),
              POLYCALL_OK);
    EXPECT_EQ(polycall_server_listen(server_, target.c_str(), nullptr, 0, nullptr), POLYCALL_OK);
    EXPECT_EQ(polycall_server_start(server_, nullptr), POLYCALL_OK);
  }
  ~Scheduler() {
    std::vector<polycall_call*> watches;
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;  // one that comes now is ended at once
      watches.swap(watches_);
    }
    for (polycall_call* watch : watches) polycall_call_finish(watch, nullptr, nullptr);
    polycall_server_free(server_);
  }

  // What every watch is told, now and at its beginning.
  void Tell(const std::string& resolution) {
    const std::lock_guard lock(mutex_);
    resolution_ = resolution;
    for (polycall_call* watch : watches_) Send(watch);
  }
  std::string report() {
    const std::lock_guard lock(mutex_);
    return report_;
  }

 private:
  static void Watch(void* arg, polycall_call* call, const polycall_message*) {
    auto* self = static_cast<Scheduler*>(arg);
    {
      const std::lock_guard lock(self->mutex_);
      if (!self->closing_) {
        self->watches_.push_back(call);
        self->Send(call);
        return;
      }
    }
    polycall_call_finish(call, nullptr, nullptr);
  }
  static void Report(void* arg, polycall_call* call, const polycall_message* request) {
    auto* self = static_cast<Scheduler*>(arg);
    {
      const std::lock_guard lock(self->mutex_);
      self->report_.assign(static_cast<const char*>(request->data), request->size);
    }
    const polycall_message empty = POLYCALL_MESSAGE_INIT;
    polycall_call_finish(call, nullptr, &empty);
  }
  void Send(polycall_call* watch) {
    if (resolution_.empty()) return;
    polycall_message message = POLYCALL_MESSAGE_INIT;
    message.data = resolution_.data();
    message.size = resolution_.size();
    polycall_call_send(watch, &message, 0, nullptr);
  }

  polycall_server* server_;
  std::mutex mutex_;
  bool closing_ = false;
  std::string resolution_;
  std::string report_;
  std::vector<polycall_call*> watches_;
};

class Scheduled : public testing::Test {
 protected:
  Scheduled() { setenv("POLYCALL_SCHEDULER", ("unix:" + (folder_ / "polycalld")).c_str(), 1); }
  ~Scheduled() override { unsetenv("POLYCALL_SCHEDULER"); }
  std::string SchedulerTarget() { return "unix:" + (folder_ / "polycalld"); }

  Folder folder_;
  Ledger ledger_;
};

TEST_F(Scheduled, CallsFollowInstancesThatComeAndGoAndOutliveTheScheduler) {
  CountingServer one(&ledger_, {.name = "one"});
  CountingServer two(&ledger_, {.name = "two"});
  const std::string first = Endpoint(one.Listen("unix:" + (folder_ / "one")));
  const std::string second = Endpoint(two.Listen("unix:" + (folder_ / "two")));
  auto scheduler = std::make_unique<Scheduler>(SchedulerTarget());
  scheduler->Tell(first);
  Channel channel("polycall:///counter");
  Load load(&channel, &ledger_);
  load.AwaitAnswerOf("one");
  scheduler->Tell(second);
  load.AwaitAnswerOf("two");
  EXPECT_TRUE(
      Eventually([&] { return scheduler->report().find(folder_ / "two") != std::string::npos; }));
  scheduler = nullptr;
  load.Await(kManyCalls);
  scheduler = std::make_unique<Scheduler>(SchedulerTarget());
  scheduler->Tell(first);
  load.AwaitAnswerOf("one");
  load.ExpectAllAnswered();
}

TEST_F(Scheduled, TheFrontDoorIsDialedForACallAndLeftForAnInstance) {
  CountingServer door(&ledger_, {.name = "door"});
  CountingServer instance(&ledger_, {.name = "instance"});
  const std::string closed = Endpoint(door.Listen("unix:" + (folder_ / "door")), false);
  Scheduler scheduler(SchedulerTarget());
  scheduler.Tell(closed);
  Channel channel("polycall:///counter");
  Load load(&channel, &ledger_);
  load.AwaitAnswerOf("door");
  scheduler.Tell(Endpoint(instance.Listen("unix:" + (folder_ / "instance"))) + closed);
  load.AwaitAnswerOf("instance");
  EXPECT_TRUE(Eventually([&] { return door.connections() == 0; }));
  load.ExpectAllAnswered();
}

TEST_F(Scheduled, WhyThereIsNoInstanceIsTheCallsError) {
  Scheduler scheduler(SchedulerTarget());
  scheduler.Tell(Field(5, "counter crashes at each start"));
  Channel channel("polycall:///counter");
  EXPECT_EQ(channel.Ask(0), "UNAVAILABLE: counter crashes at each start");
}

TEST_F(Scheduled, WithoutASchedulerTheErrorNamesWhereItWasLookedFor) {
  Channel channel("polycall:///counter");
  EXPECT_THAT(channel.Ask(0), HasSubstr(folder_ / "polycalld"));
}

// A language of which this program itself is the host.
Ledger* hosted_ledger = nullptr;
const polycall_host_module kHost = {
    sizeof(polycall_host_module),
    POLYCALL_HOST_ABI_VERSION,
    0,
    "counting",
    nullptr,
    nullptr,
    0,
    [](const polycall_host_start*, polycall_status*) { return POLYCALL_OK; },
    [](const char*, polycall_server* server, polycall_status* status) {
      polycall_handler handler = POLYCALL_HANDLER_INIT;
      handler.fn = [](void*, polycall_call* call, const polycall_message* request) {
        uint64_t number = 0;
        memcpy(&number, request->data, sizeof(number));
        hosted_ledger->Enter(number);
        polycall_message answer = POLYCALL_MESSAGE_INIT;
        answer.data = "hosted";
        answer.size = 6;
        polycall_call_finish(call, nullptr, &answer);
      };
      const polycall_service_descriptor service = {sizeof(service),
                                                   kServiceName,
                                                   CountMethod(),
                                                   1,
                                                   sizeof(polycall_method_descriptor),
                                                   nullptr,
                                                   0,
                                                   0};
      return polycall_server_add_service(server, &service, &handler, sizeof(handler), nullptr,
                                         nullptr, status);
    }};

TEST_F(Scheduled, AServiceMovesIntoTheCallersProcessAndBack) {
  hosted_ledger = &ledger_;
  polycall_host_provide(&kHost, nullptr);
  CountingServer own(&ledger_, {.name = "own"});
  const std::string endpoint = Endpoint(own.Listen("unix:" + (folder_ / "own")));
  const std::string hosted = endpoint + Field(4, Field(1, "counting") + Field(2, "module"));
  Scheduler scheduler(SchedulerTarget());
  scheduler.Tell(endpoint);
  Channel channel("polycall:///counter", {.transports = {"inproc", "unix"}});
  Load load(&channel, &ledger_);
  load.AwaitAnswerOf("own");
  for (int i = 0; i < 3; ++i) {
    scheduler.Tell(hosted);
    load.AwaitAnswerOf("hosted");
    EXPECT_EQ(channel.transport(), "inproc");
    scheduler.Tell(endpoint);
    load.AwaitAnswerOf("own");
  }
  load.ExpectAllAnswered();
}

TEST_F(Scheduled, AModuleIsNotHostedWhereThatIsNotAllowed) {
  CountingServer own(&ledger_, {.name = "own"});
  Scheduler scheduler(SchedulerTarget());
  scheduler.Tell(Endpoint(own.Listen("unix:" + (folder_ / "own"))) +
                 Field(4, Field(1, "counting") + Field(2, "module")));
  Channel channel("polycall:///counter", {.transports = {"unix"}});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(channel.Ask(), "own");
}

}  // namespace
}  // namespace polycall::rewiring
