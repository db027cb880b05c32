// Instances that are forked from a process which has imported their module.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "daemon.h"
#include "load.h"

namespace polycall::scheduler_test {
namespace {

using ::testing::HasSubstr;

// By their process ids on the host.
std::map<int, std::string> Instances(const scheduler::v1::Service& service) {
  std::map<int, std::string> found;
  for (const auto& instance : service.instances()) found[instance.pid()] = instance.id();
  return found;
}

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class ForkServer : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (Sandboxed() && geteuid() != 0) GTEST_SKIP() << "sandboxes need root";
  }
  static bool Sandboxed() { return GetParam() == std::string("sandbox"); }

  static std::string Manifest(const std::string& more, const std::string& variables = "") {
    return "name: work\nservices: [work.v1.Work]\n"
           "host: {language: python, module: " POLYCALL_WORK_PYTHON
           ", fork_server: true}\nenvironment: {PYTHONPATH: '" POLYCALL_WORK_PYTHON_PATH "'" +
           variables + "}\nstart_time: 60 s\nisolation: " + GetParam() + "\n" + more +
           "restart: {first_pause: 1 ms, longest_pause: 50 ms}\n";
  }
  void StartWith(const std::string& manifest, int serving) {
    daemon_.Write("work", manifest);
    ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
    ASSERT_TRUE(daemon_.UntilServing("work", serving)) << daemon_.Story();
  }
  std::map<int, std::string> Now() { return Instances(daemon_.Describe("work")); }
  // Of the fork servers so far.
  std::vector<pid_t> ForkServers() {
    std::vector<pid_t> pids;
    for (const auto& event : daemon_.Events()) {
      if (event.what() == "fork server ready") pids.push_back(std::stoi(event.detail().substr(4)));
    }
    return pids;
  }
  work::v1::Work::Client ClientOf(const std::string& instance) {
    return daemon_.Work(instance);  // an instance's socket is named as a service's
  }

  Daemon daemon_;
};

TEST_P(ForkServer, InstancesServeFromOneImportWithNamesAndLogsOfTheirOwn) {
  StartWith(Manifest("scale: {min: 2, max: 2}\n"), 2);
  std::set<std::string> importers;
  for (const auto& [pid, id] : Now()) {
    auto who = ClientOf(id).Who({}, {.timeout = kPatience});
    ASSERT_TRUE(who.ok()) << who.status().ToString() << "\n" << daemon_.Story();
    EXPECT_EQ(who->instance(), id);
    EXPECT_EQ(who->pid() == pid, !Sandboxed()) << "a sandbox counts its own processes";
    importers.insert(who->version());
    work::v1::Text text;
    text.set_text("this is " + id);
    EXPECT_TRUE(ClientOf(id).Print(text, {.timeout = kPatience}).ok());
    EXPECT_THAT(FileText(daemon_.run_folder() + "/" + id + ".log"),
                HasSubstr("this is " + id + "\n"));
  }
  EXPECT_EQ(importers.size(), 1U);
  EXPECT_EQ(daemon_.Stop(), 0);
}

TEST_P(ForkServer, AnInstanceThatEndsIsReapedToldAndReplaced) {
  StartWith(Manifest("scale: {min: 1, max: 1}\n"), 1);
  const auto before = Now();
  work::v1::Number code;
  code.set_value(7);
  EXPECT_FALSE(daemon_.Work("work").Exit(code, {.timeout = kPatience, .no_retry = true}).ok());
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "exit code 7")) << daemon_.Story();
  ASSERT_TRUE(Until([&] {
    const auto now = Now();
    return now.size() == 1 && now != before;
  })) << daemon_.Story();
  ASSERT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
  EXPECT_TRUE(Until([&] { return kill(before.begin()->first, 0) != 0; })) << "a zombie is left";
  EXPECT_EQ(ForkServers().size(), 1U) << daemon_.Story();
}

TEST_P(ForkServer, LimitsHoldForEachInstanceAlone) {
  if (geteuid() != 0 || (!std::filesystem::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes") &&
                         !std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers"))) {
    GTEST_SKIP() << "needs root and control groups";
  }
  StartWith(Manifest("scale: {min: 2, max: 2}\nlimits: {memory: 128 MiB}\n"), 2);
  const auto before = Now();
  const auto victim = *before.begin();
  const auto other = *before.rbegin();
  work::v1::Number bytes;
  bytes.set_value(256 << 20);
  EXPECT_FALSE(ClientOf(victim.second).Eat(bytes, {.timeout = kPatience, .no_retry = true}).ok());
  EXPECT_TRUE(daemon_.UntilEvent("work", "ended", "out of its 128 MiB of memory"))
      << daemon_.Story();
  ASSERT_TRUE(Until([&] {
    const auto now = Now();
    return now.size() == 2 && !now.contains(victim.first);
  })) << daemon_.Story();
  EXPECT_TRUE(Now().contains(other.first)) << daemon_.Story();
  EXPECT_EQ(ForkServers().size(), 1U) << daemon_.Story();
}

TEST_P(ForkServer, ItsDeathIsSurvivedAndAnotherTakesItsPlace) {
  StartWith(Manifest("scale: {min: 2, max: 2}\n"), 2);
  const auto before = Now();
  Load load(daemon_.front_door("work"), 3);
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  ASSERT_EQ(kill(ForkServers().at(0), SIGKILL), 0);
  ASSERT_TRUE(Until([&] { return ForkServers().size() == 2; })) << daemon_.Story();
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  EXPECT_EQ(Now(), before) << daemon_.Story();
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure();
  kill(before.begin()->first, SIGKILL);
  ASSERT_TRUE(Until([&] {
    const auto now = Now();
    return now.size() == 2 && !now.contains(before.begin()->first);
  })) << daemon_.Story();
  EXPECT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
}

TEST_P(ForkServer, AnotherManifestBringsAnotherOneAndNoCallFails) {
  const std::string scale = "scale: {min: 2, max: 2}\n";
  StartWith(Manifest(scale, ", VERSION: one"), 2);
  const auto before = Now();
  Load load(daemon_.front_door("work"), 3);
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  daemon_.Write("work", Manifest(scale, ", VERSION: two"));
  ASSERT_TRUE(Until([&] {
    const auto now = Now();
    bool fresh = now.size() == 2;
    for (const auto& [pid, id] : before) fresh = fresh && !now.contains(pid);
    return fresh;
  })) << daemon_.Story();
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure() << "\n" << daemon_.Story();
  auto who = daemon_.Work("work").Who({}, {.timeout = kPatience});
  ASSERT_TRUE(who.ok()) << who.status().ToString();
  EXPECT_THAT(who->version(), HasSubstr("two imported by"));
}

TEST_P(ForkServer, InstancesOutliveAKilledPolycalld) {
  StartWith(Manifest("scale: {min: 2, max: 2}\n"), 2);
  const auto before = Now();
  Load load(daemon_.front_door("work"), 3);
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  daemon_.Kill();
  ASSERT_TRUE(load.UntilMore(50)) << load.failure();
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_EQ(Now(), before) << daemon_.Story();
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure();
  kill(before.begin()->first, SIGKILL);
  ASSERT_TRUE(Until([&] {
    const auto now = Now();
    return now.size() == 2 && !now.contains(before.begin()->first);
  })) << daemon_.Story();
  EXPECT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_EQ(daemon_.Stop(), 0);
}

// Names of the control groups of a daemon's fork servers; empty, too, where there are no control groups.
std::set<std::string> GroupsOfForkServers(std::string run_folder) {
  std::replace(run_folder.begin(), run_folder.end(), '/', '-');
  std::set<std::string> names;
  std::error_code error;
  for (const char* mount :
       {"/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/pids"}) {
    const std::string folder = std::string(mount) + "/polycall" + run_folder;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().string().ends_with("-fork-server")) names.insert(entry.path().filename());
    }
  }
  return names;
}

// The old one's first process lives as long as its instances; then its control group stayed for ever.
TEST_P(ForkServer, NothingIsLeftOfThatOfAKilledPolycalldAfterItsInstances) {
  StartWith(Manifest("scale: {min: 2, max: 2}\n"), 2);
  const auto before = Now();
  const std::set<std::string> old = GroupsOfForkServers(daemon_.run_folder());
  const std::string old_log = daemon_.run_folder() + "/work-1-fork-server.log";
  EXPECT_TRUE(std::filesystem::exists(old_log)) << daemon_.Story();
  daemon_.Kill();
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_FALSE(std::filesystem::exists(old_log));
  for (const auto& [pid, id] : before) kill(pid, SIGKILL);
  EXPECT_TRUE(Until([&] {
    const std::set<std::string> now = GroupsOfForkServers(daemon_.run_folder());
    return std::none_of(old.begin(), old.end(),
                        [&](const std::string& name) { return now.contains(name); });
  })) << *old.begin()
      << " is still there";
  EXPECT_TRUE(daemon_.UntilServing("work", 2)) << daemon_.Story();
  EXPECT_EQ(daemon_.Stop(), 0);
}

TEST_P(ForkServer, AModuleThatCannotBeImportedIsToldAndPausedOver) {
  daemon_.Write("work", Manifest("scale: {min: 1, max: 1}\n", ", BREAK_IMPORT: yes"));
  ASSERT_TRUE(daemon_.Start()) << daemon_.Output();
  ASSERT_TRUE(daemon_.UntilEvent("work", "crash loop", "RuntimeError: this module is broken"))
      << daemon_.Story();
  EXPECT_THAT(daemon_.Describe("work").note(), HasSubstr("work_service.py:"));
  daemon_.Write("work", Manifest("scale: {min: 1, max: 1}\n"));
  EXPECT_TRUE(daemon_.UntilServing("work", 1)) << daemon_.Story();
}

INSTANTIATE_TEST_SUITE_P(Isolations, ForkServer, ::testing::Values("process", "sandbox"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace polycall::scheduler_test
