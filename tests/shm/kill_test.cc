// Either end of a shm connection is killed while calls are under way, at whatever instruction it is: the
// other end notices at once, its calls end with a true status, and all that the connection took is free.
#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "echo.h"

namespace polycall::shm_test {
namespace {

constexpr int kKills = 12;

std::string g_program;  // this one: also the program that is killed

// This program in another process, as `role` of the connection at `path`; ready when it says so.
class Victim {
 public:
  Victim(const char* role, const std::string& path) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(ready[1], STDOUT_FILENO);
      execl(g_program.c_str(), g_program.c_str(), role, path.c_str(), nullptr);
      _exit(127);
    }
    close(ready[1]);
    char byte;
    EXPECT_EQ(read(ready[0], &byte, 1), 1) << role << " did not start";
    close(ready[0]);
  }
  ~Victim() { Kill(); }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_;
};

size_t Count(const char* folder, std::string_view needle = {}) {
  size_t count = 0;
  DIR* entries = opendir(folder);
  if (entries == nullptr) return 0;
  while (const dirent* entry = readdir(entries)) {
    if (needle.empty() || std::string_view(entry->d_name).find(needle) != std::string_view::npos) {
      ++count;
    }
  }
  closedir(entries);
  return count;
}

int Serve(const std::string& path) {
  const EchoServer server(path);
  [[maybe_unused]] const ssize_t told = write(STDOUT_FILENO, "+", 1);
  sleep(600);
  return 0;
}

int CallOnAndOn(const std::string& path) {
  EchoClient client(path);
  const std::string large(150'000, 'x');
  for (bool told = false;;) {
    if (client.Call("hello") != POLYCALL_OK || client.Call(large) != POLYCALL_OK) return 1;
    if (!told) [[maybe_unused]]
      const ssize_t written = write(STDOUT_FILENO, "+", 1);
    told = true;
  }
}

TEST(Kill, AServerThatIsKilledEndsItsCallersCallsWithUnavailable) {
  const TemporaryFolder folder;
  std::mt19937 random(1);
  const std::string large(150'000, 'x');
  for (int i = 0; i < kKills; ++i) {
    const std::string path = folder.Path(std::to_string(i));
    Victim server("serve", path);
    EchoClient client(path);
    ASSERT_EQ(client.Call("hello"), POLYCALL_OK);
    ASSERT_STREQ(client.transport(), "shm");
    const pid_t killer = fork();
    if (killer == 0) {
      usleep(random() % 20'000);
      server.Kill();  // not our child, so only the signal
      _exit(0);
    }
    polycall_code code;
    int calls = 0;
    // The last of them without a deadline would never end if nobody noticed.
    do {
      code = client.Call(++calls % 3 == 0 ? std::string_view(large) : "on and on", 0);
    } while (code == POLYCALL_OK);
    EXPECT_EQ(code, POLYCALL_UNAVAILABLE) << "after " << calls << " calls";
    waitpid(killer, nullptr, 0);
    random.discard(1);
  }
}

TEST(Kill, ACallerThatIsKilledLeavesNothingBehind) {
  const TemporaryFolder folder;
  std::mt19937 random(2);
  const EchoServer server(folder.Path("s"));
  EchoClient watcher(folder.Path("s"));
  ASSERT_EQ(watcher.Call("hello"), POLYCALL_OK);
  const size_t open_before = Count("/proc/self/fd");
  const size_t named_before = Count("/dev/shm", "polycall");
  for (int i = 0; i < kKills; ++i) {
    Victim caller("call", folder.Path("s"));
    usleep(random() % 20'000);
    caller.Kill();
    ASSERT_EQ(watcher.Call("still there?"), POLYCALL_OK);
    while (server.connections() > 1) usleep(1000);  // the test's own time is the bound
  }
  // The last connection is closed a moment after it was counted out.
  while (Count("/proc/self/fd") > open_before) usleep(1000);
  EXPECT_EQ(Count("/dev/shm", "polycall"), named_before);
}

}  // namespace
}  // namespace polycall::shm_test

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "serve") == 0) return polycall::shm_test::Serve(argv[2]);
  if (argc == 3 && strcmp(argv[1], "call") == 0) return polycall::shm_test::CallOnAndOn(argv[2]);
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0) return 1;
  polycall::shm_test::g_program = self;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
