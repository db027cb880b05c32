// Real programs, started as manifests say, called over the sockets that they inherit.
#include "instance/launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <polycall/cpp.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "manifest/manifest.h"

namespace polycall::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LauncherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "needs root";
    }
    char folder[] = "/tmp/polycall-launcher-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    std::filesystem::permissions(folder, std::filesystem::perms(0755));
    folder_ = folder;
    launcher_ = std::make_unique<Launcher>(
        LauncherOptions{.run_folder = folder_,
                        .tool = POLYCALL_TOOL,
                        .cgroup_parent = "polycall-launcher-" + std::to_string(getpid()),
                        .shared_folders = {POLYCALL_BUILD_FOLDER}});
    ASSERT_TRUE(launcher_->Prepare().ok());
  }
  void TearDown() override {
    launcher_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  // Starts the manifest's program, pings it over its socket and ends it.
  Status StartAndPing(const std::string& text) {
    const ReadManifest read = ParseManifest(text, "test.yaml");
    EXPECT_THAT(read.mistakes, IsEmpty()) << read.mistakes[0].ToString();
    auto socket = launcher_->MakeSocket(launcher_->SocketPath("one"));
    if (!socket.ok()) return std::move(socket).status();
    // A call made before the start waits in the socket's backlog.
    auto channel = Channel::Create("unix:" + launcher_->SocketPath("one")).value();
    auto launched = launcher_->Launch(read.manifest, "one", 1, {socket->get()});
    if (!launched.ok()) return std::move(launched).status();
    Status status = channel->WaitReady(std::chrono::seconds(10));
    if (status.ok()) {
      auto pinged = channel->Ping(std::chrono::seconds(5));
      status = pinged.ok() ? OkStatus() : pinged.status();
    }
    if (!status.ok()) {
      std::ifstream log(launcher_->LogPath("one"));
      ADD_FAILURE() << "it said: " << log.rdbuf();
    }
    kill(launched->process.pid, SIGKILL);
    waitpid(launched->process.pid, nullptr, __WALL);
    EXPECT_TRUE(launched->cgroup->KillAll().ok());
    return status;
  }

  std::string folder_;
  std::unique_ptr<Launcher> launcher_;
};

constexpr const char* kHosted =
    "name: one\nservices: [symbolic.v1.Evaluator]\n"
    "host: {language: c, module: " POLYCALL_BUILD_FOLDER "/examples/symbolic/evaluator.so}\n";

TEST_F(LauncherTest, AHostedModuleServesInAProcessOfItsOwn) {
  const Status status = StartAndPing(std::string(kHosted) + "isolation: process\n");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(LauncherTest, AHostedModuleServesInASandbox) {
  const Status status = StartAndPing(std::string(kHosted) +
                                     "isolation: sandbox\nlimits: {memory: 64 MiB, pids: 32}\n");
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST_F(LauncherTest, ASecretThatCannotBeReadStopsTheStart) {
  const Status status =
      StartAndPing(std::string(kHosted) + "secrets: [{file: /no/such/secret, variable: KEY}]\n");
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot read the secret /no/such/secret"));
}

TEST_F(LauncherTest, AProgramThatIsNotThereIsAClearError) {
  const Status status = StartAndPing(
      "name: one\nservices: [x.Y]\ncommand: {argv: [/usr/bin/none]}\nisolation: sandbox\n");
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot execute the program"));
}

}  // namespace
}  // namespace polycall::scheduler
