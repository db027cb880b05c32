// Instances that are kept alive, replaced and stopped, in processes of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <vector>

#include "daemon.h"
#include "load.h"

namespace polycall::scheduler_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kQuick = "restart: {first_pause: 1 ms, longest_pause: 50 ms}\n";

TEST(Keeping, ACallMadeBeforeTheFirstStartWaitsAndIsNotLost) {
  Daemon daemon;
  daemon.Write("work", Daemon::WorkManifest("work", "process"));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  work::v1::Number request;
  request.set_value(12);
  auto response = daemon.Work("work").Square(request, {.timeout = kPatience});
  ASSERT_TRUE(response.ok()) << response.status().ToString() << "\n" << daemon.Story();
  EXPECT_EQ(response->value(), 144);
  EXPECT_EQ(daemon.Stop(), 0);
}

TEST(Keeping, AnotherManifestReplacesTheInstancesAndNoCallFails) {
  Daemon daemon;
  const auto manifest = [](int version) {
    return Daemon::WorkManifest(
        "work", "process",
        "scale: {min: 2, max: 2}\nenvironment: {VERSION: \"" + std::to_string(version) + "\"}\n");
  };
  daemon.Write("work", manifest(1));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 2)) << daemon.Story();
  Load load(daemon.front_door("work"), 4);
  ASSERT_TRUE(load.UntilMore(100)) << load.failure();
  for (int version = 2; version <= 4; ++version) {
    daemon.Write("work", manifest(version));
    if (version == 3) daemon.Signal(SIGHUP);  // by the watched folder, or at once
    // All that serve are of the new manifest when the old ones have gone.
    const std::string newest = "work-" + std::to_string(2 * version);
    ASSERT_TRUE(Until([&] {
      const auto service = daemon.Describe("work");
      return service.instances_size() == 2 && service.instances(1).id() == newest;
    })) << daemon.Story();
    ASSERT_TRUE(load.UntilMore(100)) << load.failure() << "\n" << daemon.Story();
  }
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure() << "\n" << daemon.Story();
  auto who = daemon.Work("work").Who({}, {.timeout = kPatience});
  ASSERT_TRUE(who.ok());
  EXPECT_EQ(who->version(), "4");
}

TEST(Keeping, AManifestThatDoesNotWorkReplacesNothing) {
  Daemon daemon;
  daemon.Write("work",
               Daemon::WorkManifest("work", "process", std::string("scale: {min: 1}\n") + kQuick));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  Load load(daemon.front_door("work"), 2);
  daemon.Write("work",
               "name: work\nservices: [work.v1.Work]\n"
               "command: {argv: [/bin/sh, -c, exit 3]}\nscale: {min: 1}\n"
               "restart: {first_pause: 1 ms, longest_pause: 50 ms, crash_loop_after: 3}\n");
  ASSERT_TRUE(daemon.UntilEvent("work", "crash loop", "exit code 3")) << daemon.Story();
  EXPECT_TRUE(load.UntilMore(100)) << load.failure();
  EXPECT_THAT(daemon.Describe("work").note(), HasSubstr("crash loop: exit code 3"));
  daemon.Write("work", "name: work\nservice: [work.v1.Work]\n");
  ASSERT_TRUE(daemon.UntilEvent("", "manifests refused", "unknown key 'service'"));
  EXPECT_TRUE(load.UntilMore(100)) << load.failure();
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure();
}

TEST(Keeping, AServiceThatCrashesOnAndOnLeavesFewLogs) {
  Daemon daemon;
  daemon.Write("work",
               "name: work\nservices: [work.v1.Work]\n"
               "command: {argv: [/bin/sh, -c, exit 3]}\nscale: {min: 1}\n"
               "restart: {first_pause: 1 ms, longest_pause: 10 ms}\n");
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(Until([&] {
    const auto events = daemon.Events();
    return std::any_of(events.begin(), events.end(), [](const auto& event) {
      return event.instance() == "work-30" && event.what() == "ended";
    });
  })) << daemon.Story();
  int logs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(daemon.run_folder())) {
    logs += entry.path().extension() == ".log" ? 1 : 0;
  }
  EXPECT_LE(logs, 10) << "eight, and those that end meanwhile";
}

TEST(Keeping, AServiceGrowsWithItsCallsAndGoesToZeroAndBack) {
  Daemon daemon;
  // Within the idle time the calls have to reach the instance that they woke, on a loaded machine, too.
  daemon.Write("work", Daemon::WorkManifest(
                           "work", "process",
                           "scale: {min: 0, max: 3, target_in_flight: 2, idle_time: 2 s}\n"));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  EXPECT_EQ(daemon.Describe("work").instances_size(), 0);
  std::vector<work::v1::Work::Client> callers;
  std::vector<CallHandle> handles(6);
  std::atomic<int> ended{0};
  for (CallHandle& handle : handles) {
    callers.push_back(daemon.Work("work"));
    work::v1::Number time;
    time.set_value(60'000);
    callers.back().SleepAsync(time, [&](StatusOr<work::v1::Number>) { ++ended; },
                              {.timeout = kPatience, .handle = &handle});
  }
  EXPECT_TRUE(daemon.UntilServing("work", 3)) << daemon.Story();
  for (CallHandle& handle : handles) handle.Cancel();
  EXPECT_TRUE(Until([&] { return ended == 6; }));
  callers.clear();
  EXPECT_TRUE(daemon.UntilServing("work", 0)) << daemon.Story();
  auto squared = daemon.Work("work").Square({}, {.timeout = kPatience});
  EXPECT_TRUE(squared.ok()) << squared.status().ToString() << daemon.Story();
}

TEST(Keeping, AnInstanceThatIsKilledIsStartedAgainAndItsEndIsReportedForWhatItWas) {
  Daemon daemon;
  daemon.Write("work",
               Daemon::WorkManifest("work", "process", std::string("scale: {min: 1}\n") + kQuick));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  kill(daemon.Describe("work").instances(0).pid(), SIGKILL);
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "killed by Killed")) << daemon.Story();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  work::v1::Number code;
  code.set_value(7);
  auto response = daemon.Work("work").Exit(code, {.timeout = kPatience});
  EXPECT_EQ(response.status().code(), Code::kUnavailable) << response.status().ToString();
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "exit code 7")) << daemon.Story();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
}

TEST(Keeping, AnInstanceWhoseCallsAllFailIsLeftOutUntilOneGoesWell) {
  Daemon daemon;
  daemon.Write("work", Daemon::WorkManifest("work", "process", "scale: {min: 1}\n"));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  auto client = daemon.Work("work");
  work::v1::Number yes;
  yes.set_value(1);
  EXPECT_TRUE(Until([&] {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(client.Fail(yes, {.timeout = kPatience}).status().code(), Code::kInternal);
    }
    for (const auto& event : daemon.Events()) {
      if (event.what() == "left out") return true;
    }
    return false;
  })) << daemon.Story();
  // Rather a sick one than none: it is called all the same.
  EXPECT_TRUE(client.Fail({}, {.timeout = kPatience}).ok());
  EXPECT_TRUE(daemon.UntilEvent("work", "let in again")) << daemon.Story();
}

TEST(Keeping, AServiceWhoseManifestGoesIsDrainedAndCallsUnderWayEnd) {
  Daemon daemon;
  daemon.Write("work", Daemon::WorkManifest("work", "process", "scale: {min: 1}\n"));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  auto client = daemon.Work("work");
  ASSERT_TRUE(client.Who({}, {.timeout = kPatience}).ok());
  StatusOr<work::v1::Number> slept = UnknownError("not yet");
  std::thread caller([&] {
    work::v1::Number time;
    time.set_value(1000);
    slept = client.Sleep(time, {.timeout = kPatience});
  });
  ASSERT_TRUE(Until([&] { return daemon.Describe("work").instances(0).calls_in_flight() > 0; }));
  daemon.Remove("work");
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "exit code 0")) << daemon.Story();
  caller.join();
  EXPECT_TRUE(slept.ok()) << slept.status().ToString();
  EXPECT_EQ(daemon.Describe("work").name(), "");
}

// The new service's first instance once had the name of the old one's, and with it its socket and its
// control group: when the old one ended, the new one was killed. And who had asked the old service where
// to call was never told again.
TEST(Keeping, AServiceThatComesBackWhileItDrainsHasInstancesAndCallersOfItsOwn) {
  Daemon daemon;
  const std::string manifest = Daemon::WorkManifest("work", "process", "scale: {min: 1}\n");
  daemon.Write("work", manifest);
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  auto watch = scheduler::v1::Scheduler::Client(daemon.control());
  scheduler::v1::WatchRequest request;
  request.set_service("work");
  auto told = watch.Watch(request, {.timeout = kPatience});
  auto sleeper = daemon.Work("work");
  work::v1::Number time;
  time.set_value(60'000);
  CallHandle handle;
  std::atomic<bool> ended{false};
  sleeper.SleepAsync(time, [&](StatusOr<work::v1::Number>) { ended = true; },
                     {.timeout = kPatience, .handle = &handle});
  ASSERT_TRUE(Until([&] { return daemon.Describe("work").instances(0).calls_in_flight() > 0; }));
  daemon.Remove("work");
  ASSERT_TRUE(Until([&] { return daemon.Describe("work").name().empty(); }));
  daemon.Write("work", manifest);
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  const auto born = daemon.Describe("work").instances(0);
  EXPECT_EQ(born.id(), "work-2");
  handle.Cancel();
  EXPECT_TRUE(Until([&] { return ended.load(); }));
  ASSERT_TRUE(daemon.UntilEvent("work", "ended")) << daemon.Story();
  scheduler::v1::Resolution where;
  while (where.endpoints_size() == 0 || where.endpoints(0).instance() != "work-2") {
    ASSERT_TRUE(told.Read(&where)) << told.Finish().ToString() << "\n" << daemon.Story();
  }
  work::v1::Work::Client straight(Channel::Create(born.target()).value());
  auto who = straight.Who({}, {.timeout = kPatience});
  ASSERT_TRUE(who.ok()) << who.status().ToString() << "\n" << daemon.Story();
  EXPECT_EQ(who->pid(), born.pid());
}

}  // namespace
}  // namespace polycall::scheduler_test
