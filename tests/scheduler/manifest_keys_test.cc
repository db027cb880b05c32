// What keys of a manifest do to a service that runs, where no other test of this folder says it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <string>

#include "daemon.h"

namespace polycall::scheduler_test {
namespace {

constexpr const char* kQuick = "first_pause: 1 ms, longest_pause: 50 ms";

work::v1::Number NumberOf(int64_t value) {
  work::v1::Number number;
  number.set_value(value);
  return number;
}

class ManifestKeys : public ::testing::Test {
 protected:
  // One instance, with further lines of its manifest.
  void Serve(const std::string& more, const std::string& isolation = "process") {
    daemon_.Write("work", Daemon::WorkManifest("work", isolation, more));
    ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
    ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  }
  void EndWith(int code) {
    (void)daemon_.Work("work").Exit(NumberOf(code), {.timeout = kPatience, .no_retry = true});
  }

  Daemon daemon_;
};

TEST_F(ManifestKeys, WarmSparesServeBeforeAnybodyCallsAndBesideWhoIsBusy) {
  Serve("scale: {min: 0, max: 3, warm_spares: 1}\n");
  auto client = daemon_.Work("work");
  std::atomic<bool> ended{false};
  CallHandle handle;
  client.SleepAsync(NumberOf(60'000), [&](StatusOr<work::v1::Number>) { ended = true; },
                    {.timeout = kPatience, .handle = &handle});
  EXPECT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  handle.Cancel();
  EXPECT_TRUE(Until([&] { return ended.load(); }));
}

TEST_F(ManifestKeys, AnInstanceThatDoesNotAnswerItsHealthChecksIsReplaced) {
  Serve(std::string("scale: {min: 1}\nhealth: {interval: 50 ms, timeout: 500 ms, failures: 2}\n") +
        "restart: {" + kQuick + "}\n");
  const std::string first = daemon_.Describe("work").instances(0).id();
  kill(daemon_.Describe("work").instances(0).pid(), SIGSTOP);
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "failed 2 health checks")) << daemon_.Story();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  EXPECT_NE(daemon_.Describe("work").instances(0).id(), first);
}

TEST_F(ManifestKeys, AServiceThatIsToBeRestartedOnFailureOnlyEndsWithItsInstance) {
  Serve(std::string("scale: {min: 1}\nrestart: {policy: on-failure, ") + kQuick + "}\n");
  EndWith(3);
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "exit code 3")) << daemon_.Story();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  EndWith(0);
  EXPECT_TRUE(daemon_.UntilEvent("work", "stopped", "restart policy")) << daemon_.Story();
  EXPECT_EQ(daemon_.Describe("work").state(), scheduler::v1::HALTED);
}

TEST_F(ManifestKeys, AServiceThatIsNeverRestartedIsNot) {
  Serve("scale: {min: 1}\nrestart: {policy: never}\n");
  EndWith(3);
  EXPECT_TRUE(daemon_.UntilEvent("work", "stopped", "restart policy")) << daemon_.Story();
  EXPECT_EQ(daemon_.Describe("work").instances_size(), 0);
}

TEST_F(ManifestKeys, AnInstanceThatDoesNotEndInItsDrainTimeIsKilledForThat) {
  Serve("scale: {min: 1}\ndrain_time: 200 ms\n");
  // One that is stopped does not see the signal that asks it to end.
  kill(daemon_.Describe("work").instances(0).pid(), SIGSTOP);
  daemon_.Remove("work");
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "did not end within 200 ms")) << daemon_.Story();
}

TEST_F(ManifestKeys, AnInstanceThatDoesNotServeInItsStartTimeIsKilledForThat) {
  daemon_.Write("work", std::string("name: work\nservices: [work.v1.Work]\n"
                                    "command: {argv: [/bin/sleep, 600]}\nscale: {min: 1}\n"
                                    "start_time: 100 ms\nrestart: {") +
                            kQuick + "}\n");
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "did not serve within 100 ms"))
      << daemon_.Story();
}

TEST_F(ManifestKeys, ASecretIsReadFromItsFileIntoTheInstanceAndNowhereElse) {
  const std::string file = daemon_.folder() + "/secret";
  std::ofstream(file) << "hush";
  Serve("scale: {min: 1}\nsecrets: [{file: " + file + ", variable: VERSION}]\n");
  auto who = daemon_.Work("work").Who({}, {.timeout = kPatience});
  ASSERT_TRUE(who.ok()) << who.status().ToString();
  EXPECT_EQ(who->version(), "hush");
  std::ifstream saved(daemon_.run_folder() + "/state/work", std::ios::binary);
  const std::string state((std::istreambuf_iterator<char>(saved)),
                          std::istreambuf_iterator<char>());
  EXPECT_NE(state.find(file), std::string::npos) << "where it is, not what it is";
  EXPECT_EQ(state.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace polycall::scheduler_test
