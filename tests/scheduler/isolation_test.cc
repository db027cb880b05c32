// What limits and isolations do to a service that polycalld runs, as its callers and its operators see
// it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon.h"
#include "load.h"

namespace polycall::scheduler_test {
namespace {

using ::testing::HasSubstr;

constexpr const char* kQuick = "restart: {first_pause: 1 ms, longest_pause: 50 ms}\n";

bool HasLimits() {
  return std::filesystem::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes") ||
         std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers");
}

TEST(Isolation, AnEndForMemoryIsReportedForWhatItWas) {
  if (geteuid() != 0 || !HasLimits()) GTEST_SKIP() << "needs root and control groups";
  Daemon daemon;
  daemon.Write("work", Daemon::WorkManifest("work", "sandbox",
                                            std::string("limits: {memory: 64 MiB}\n") + kQuick));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  work::v1::Number bytes;
  bytes.set_value(256 << 20);
  auto eaten = daemon.Work("work").Eat(bytes, {.timeout = kPatience});
  EXPECT_EQ(eaten.status().code(), Code::kUnavailable) << eaten.status().ToString();
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "out of its 64 MiB of memory")) << daemon.Story();
}

TEST(Isolation, ProcessesBeyondTheLimitAreRefusedAndTold) {
  if (geteuid() != 0 || !HasLimits()) GTEST_SKIP() << "needs root and control groups";
  Daemon daemon;
  daemon.Write("work", Daemon::WorkManifest("work", "sandbox",
                                            std::string("limits: {pids: 16}\n") + kQuick));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  auto client = daemon.Work("work");
  work::v1::Number count;
  count.set_value(100);
  auto forked = client.Fork(count, {.timeout = kPatience});
  ASSERT_TRUE(forked.ok()) << forked.status().ToString();
  EXPECT_LT(forked->value(), 16);
  work::v1::Number code;
  code.set_value(2);
  EXPECT_FALSE(client.Exit(code, {.timeout = kPatience, .no_retry = true}).ok());
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "refused processes beyond its 16"))
      << daemon.Story();
}

// The kernel says "Permission denied" of a mount; that told nobody what to do.
TEST(Isolation, ARunFolderThatSandboxesCannotReachIsTold) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  Daemon daemon;
  std::filesystem::permissions(daemon.folder(), std::filesystem::perms::owner_all);
  daemon.Write("work",
               Daemon::WorkManifest("work", "sandbox", std::string("scale: {min: 1}\n") + kQuick));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  EXPECT_TRUE(daemon.UntilEvent("work", "cannot start", daemon.folder() + " lets them not through"))
      << daemon.Story();
}

bool HasRunc() { return access("/usr/sbin/runc", X_OK) == 0 || access("/usr/bin/runc", X_OK) == 0; }

// An image without a byte of its own: the host's programs are mounted into it.
void MakeImage(const std::string& root) {
  for (const char* folder : {"usr", "tmp", "proc", "dev", "etc"}) {
    std::filesystem::create_directories(root + "/" + folder);
  }
  std::filesystem::create_directories(root + POLYCALL_BUILD_FOLDER);
  for (const char* link : {"bin", "lib", "lib64", "sbin"}) {
    std::filesystem::create_symlink(std::string("usr/") + link, root + "/" + link);
  }
}

std::string OfImage(const std::string& image) {
  return "name: work\nservices: [work.v1.Work]\nisolation: oci\nimage: " + image +
         "\ncommand: {argv: [" POLYCALL_BUILD_FOLDER
         "/bin/polycall, host, --lang, c, " POLYCALL_WORK_MODULE
         ", --listen, 'fd:3', --listen, 'fd:4']}\n"
         "mounts: [{source: /usr, target: /usr}]\n"
         "limits: {memory: 128 MiB, pids: 64}\n" +
         kQuick;
}

TEST(Isolation, AnotherImageReplacesTheInstancesAndNoCallFails) {
  if (geteuid() != 0 || !HasRunc()) GTEST_SKIP() << "needs root and runc";
  Daemon daemon;
  const std::string image = daemon.folder() + "/image";
  MakeImage(image + "/rootfs");
  daemon.Write("work", OfImage(image) + "scale: {min: 1, max: 1}\n");
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  ASSERT_TRUE(daemon.UntilServing("work", 1)) << daemon.Story();
  Load load(daemon.front_door("work"), 2);
  ASSERT_TRUE(load.UntilMore(100)) << load.failure();
  MakeImage(daemon.folder() + "/new/rootfs");
  std::filesystem::rename(image, daemon.folder() + "/old");
  std::filesystem::rename(daemon.folder() + "/new", image);
  daemon.Signal(SIGHUP);
  EXPECT_TRUE(daemon.UntilEvent("work", "replaced", "another image")) << daemon.Story();
  ASSERT_TRUE(Until([&] {
    const auto service = daemon.Describe("work");
    return service.instances_size() == 1 && service.instances(0).id() == "work-2";
  })) << daemon.Story();
  EXPECT_TRUE(load.UntilMore(100)) << load.failure() << "\n" << daemon.Story();
  load.Stop();
  EXPECT_EQ(load.bad(), 0U) << load.failure() << "\n" << daemon.Story();
  EXPECT_EQ(daemon.Stop(), 0);
}

TEST(Isolation, AContainerServesAndIsReplacedWhenItDies) {
  if (geteuid() != 0 || !HasRunc()) GTEST_SKIP() << "needs root and runc";
  Daemon daemon;
  MakeImage(daemon.folder() + "/image/rootfs");
  daemon.Write("work", OfImage(daemon.folder() + "/image"));
  ASSERT_TRUE(daemon.Start()) << daemon.Output();
  auto client = daemon.Work("work");
  auto who = client.Who({}, {.timeout = kPatience, .wait_for_ready = true});
  ASSERT_TRUE(who.ok()) << who.status().ToString() << "\n" << daemon.Story();
  EXPECT_EQ(who->pid(), 1) << "in a world of its own";
  EXPECT_EQ(who->instance(), "work-1");
  work::v1::Number code;
  code.set_value(9);
  EXPECT_FALSE(client.Exit(code, {.timeout = kPatience, .no_retry = true}).ok());
  EXPECT_TRUE(daemon.UntilEvent("work", "ended", "exit code 9")) << daemon.Story();
  who = client.Who({}, {.timeout = kPatience, .wait_for_ready = true});
  ASSERT_TRUE(who.ok()) << who.status().ToString() << "\n" << daemon.Story();
  EXPECT_EQ(who->instance(), "work-2");
  EXPECT_EQ(daemon.Stop(), 0);
}

}  // namespace
}  // namespace polycall::scheduler_test
