// polycalld is killed and comes back: instances live on, and nobody who calls notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "daemon.h"
#include "load.h"

namespace polycall::scheduler_test {
namespace {

std::set<int> Pids(const scheduler::v1::Service& service) {
  std::set<int> pids;
  for (const auto& instance : service.instances()) pids.insert(instance.pid());
  return pids;
}

// Its own child or not: a zombie that nobody waits for counts as ended.
bool Runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const size_t behind = line.rfind(')');
  return behind != std::string::npos && line[behind + 2] != 'Z';
}

class Adoption : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string("sandbox") && geteuid() != 0) {
      GTEST_SKIP() << "sandboxes need root";
    }
  }
  std::string Manifest(const std::string& more) {
    return Daemon::WorkManifest("work", GetParam(),
                                more + "restart: {first_pause: 1 ms, longest_pause: 50 ms}\n");
  }
  Daemon daemon_;
};

TEST_P(Adoption, WhatHappenedBeforeIsStillToldAfterwards) {
  daemon_.Write("work", Manifest("scale: {min: 1, max: 1}\n"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  const auto before = daemon_.Events();
  ASSERT_FALSE(before.empty());
  for (const bool killed : {true, false}) {
    killed ? daemon_.Kill() : static_cast<void>(daemon_.Stop());
    ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
    ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
    const auto after = daemon_.Events();
    ASSERT_GT(after.size(), before.size()) << daemon_.Story();
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(after[i].SerializeAsString(), before[i].SerializeAsString()) << daemon_.Story();
    }
  }
}

TEST_P(Adoption, InstancesLiveOnWithTheirCallsAndAreTakenUpAgain) {
  daemon_.Write("work", Manifest("scale: {min: 2, max: 2}\n"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  Load load(daemon_.front_door("work"), 3);
  ASSERT_TRUE(load.UntilMore(100)) << load.failure();
  const auto before = Pids(daemon_.Describe("work"));
  daemon_.Kill();
  ASSERT_TRUE(load.UntilMore(100)) << load.failure();
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_EQ(Pids(daemon_.Describe("work")), before) << daemon_.Story();
  EXPECT_TRUE(daemon_.UntilEvent("work", "adopted", "pid "));
  // Their counts go on, and so does the keeping: an end is seen, told and mended.
  ASSERT_TRUE(Until([&] { return daemon_.Describe("work").instances(0).calls_started() > 0; }));
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure();
  kill(*before.begin(), SIGKILL);
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "killed by Killed")) << daemon_.Story();
  ASSERT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_EQ(daemon_.Stop(), 0);
  for (const int pid : before) {
    EXPECT_TRUE(Until([pid] { return !Runs(pid); }));
  }
}

TEST_P(Adoption, WhoCallsAtTheFrontDoorMeanwhileWaits) {
  daemon_.Write("work", Manifest(""));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  daemon_.Kill();
  StatusOr<work::v1::Number> squared = UnknownError("not yet");
  std::thread caller([&] {
    work::v1::Number request;
    request.set_value(9);
    squared = daemon_.Work("work", {.connect_timeout = kPatience})
                  .Square(request, {.timeout = kPatience});
  });
  EXPECT_TRUE(daemon_.Start()) << daemon_.Output();
  caller.join();
  ASSERT_TRUE(squared.ok()) << squared.status().ToString() << daemon_.Story();
  EXPECT_EQ(squared->value(), 81);
}

TEST_P(Adoption, AnInstanceThatEndedMeanwhileIsReplaced) {
  daemon_.Write("work", Manifest("scale: {min: 1}\n"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  const pid_t pid = daemon_.Describe("work").instances(0).pid();
  daemon_.Kill();
  kill(pid, SIGKILL);
  ASSERT_TRUE(Until([pid] { return !Runs(pid); }));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "killed")) << daemon_.Story();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  EXPECT_NE(daemon_.Describe("work").instances(0).pid(), pid);
}

TEST_P(Adoption, WhenTheRunFolderHasGoneNobodyIsLeftBehind) {
  daemon_.Write("work", Manifest("scale: {min: 1}\n"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  const pid_t pid = daemon_.Describe("work").instances(0).pid();
  daemon_.Kill();
  std::filesystem::remove_all(daemon_.run_folder());
  EXPECT_TRUE(Until([pid] { return !Runs(pid); }));
}

TEST_P(Adoption, ASecondPolycalldOnTheSameFolderIsRefused) {
  daemon_.Write("work", Manifest("scale: {min: 1}\n"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  const std::string second = std::string(POLYCALLD) + " " + daemon_.folder() + "/manifests --run " +
                             daemon_.run_folder() + " > " + daemon_.folder() + "/second 2>&1";
  EXPECT_NE(std::system(second.c_str()), 0);
  std::ifstream said(daemon_.folder() + "/second");
  std::string line;
  std::getline(said, line);
  EXPECT_THAT(line, ::testing::HasSubstr("another polycalld uses this run folder"));
  EXPECT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
}

INSTANTIATE_TEST_SUITE_P(, Adoption, ::testing::Values("process", "sandbox"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace polycall::scheduler_test
