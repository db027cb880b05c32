// The walls, tried from inside: each test runs a small program in a sandbox and looks at what it said.
// They need root, as polycalld does for all its walls.
#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "sandbox/cgroup_versions.h"

namespace polycall::scheduler {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Ran {
  std::string output;
  int exit_code = -1;
  int signal = 0;
};

class Sandbox : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "needs root";
    }
    char folder[] = "/tmp/polycall-sandbox-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    work_ = folder;
    auto program = CompileSeccomp("");
    ASSERT_TRUE(program.ok()) << program.status().ToString();
    seccomp_ = *program;
    spec_.host_uid = 200000;
    spec_.host_gid = 200000;
    spec_.environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  }
  void TearDown() override {
    if (!work_.empty()) std::filesystem::remove(work_);
  }

  // Runs the spec to its end, ten seconds at most, and gives what it wrote.
  StatusOr<Ran> Run(Cgroup* cgroup = nullptr) {
    int fds[2];
    if (pipe(fds) != 0) return InternalError("pipe");
    UniqueFd read_end(fds[0]);
    UniqueFd write_end(fds[1]);
    spec_.output = write_end.get();
    auto started = StartSandboxed(spec_, seccomp_, cgroup, work_);
    write_end.Close();
    if (!started.ok()) return std::move(started).status();
    Ran ran;
    char buffer[4096];
    while (true) {
      pollfd ready{read_end.get(), POLLIN, 0};
      if (poll(&ready, 1, 10'000) <= 0) {
        kill(started->pid, SIGKILL);
        ran.output += " (did not end)";
        break;
      }
      const ssize_t n = read(read_end.get(), buffer, sizeof buffer);
      if (n <= 0) break;
      ran.output.append(buffer, static_cast<size_t>(n));
    }
    int status = 0;
    waitpid(started->pid, &status, __WALL);
    ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ran.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return ran;
  }

  std::string Python(const std::string& code, Cgroup* cgroup = nullptr) {
    spec_.argv = {"/usr/bin/python3", "-I", "-c", code};
    auto ran = Run(cgroup);
    return ran.ok() ? ran->output : ran.status().ToString();
  }

  std::string work_;
  SeccompProgram seccomp_;
  SandboxSpec spec_;
};

// What `code` raises, by name: "PermissionError 1".
std::string Try(const std::string& code) {
  return "import os, ctypes, socket\n"
         "libc = ctypes.CDLL(None, use_errno=True)\n"
         "def call(f, *a):\n"
         "    if f(*a) == -1:\n"
         "        e = ctypes.get_errno(); raise OSError(e, os.strerror(e))\n"
         "try:\n    " +
         code +
         "\n    print('allowed')\n"
         "except OSError as e:\n    print('refused', e.errno)\n";
}

TEST_F(Sandbox, RunsAProgramAndGivesItsExitCode) {
  spec_.argv = {"/bin/sh", "-c", "echo hello; exit 7"};
  auto ran = Run();
  ASSERT_TRUE(ran.ok()) << ran.status().ToString();
  EXPECT_EQ(ran->output, "hello\n");
  EXPECT_EQ(ran->exit_code, 7);
}

TEST_F(Sandbox, AProgramThatDoesNotExistIsAClearError) {
  spec_.argv = {"/usr/bin/no-such-program"};
  auto ran = Run();
  ASSERT_FALSE(ran.ok());
  EXPECT_THAT(
      std::string(ran.status().message()),
      HasSubstr("starting /usr/bin/no-such-program: cannot execute the program: No such file"));
}

TEST_F(Sandbox, TheProgramIsAUserWithoutRightsInItsOwnWorld) {
  const std::string seen = Python(
      "import os, socket\n"
      "print(os.getuid(), os.getgid(), os.getpid(), socket.gethostname())\n"
      "print([l for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapBnd', "
      "'NoNewPrivs',"
      " 'Seccomp:'))])\n"
      "print(sorted(os.listdir('/')), len([p for p in os.listdir('/proc') if p.isdigit()]))");
  EXPECT_THAT(seen, HasSubstr("1000 1000 1 sandbox"));
  EXPECT_THAT(seen, HasSubstr("CapEff:\\t0000000000000000"));
  EXPECT_THAT(seen, HasSubstr("CapBnd:\\t0000000000000000"));
  EXPECT_THAT(seen, HasSubstr("NoNewPrivs:\\t1"));
  EXPECT_THAT(seen, HasSubstr("Seccomp:\\t2"));
  EXPECT_THAT(seen, HasSubstr("'usr'] 1\n"));
  EXPECT_THAT(seen, Not(HasSubstr("root'")));
}

TEST_F(Sandbox, NothingButTmpCanBeWritten) {
  EXPECT_EQ(Python(Try("open('/x', 'w')")), "refused 30\n");
  EXPECT_EQ(Python(Try("open('/usr/x', 'w')")), "refused 30\n");
  EXPECT_EQ(Python(Try("open('/etc/passwd', 'a')")).substr(0, 7), "refused");
  EXPECT_EQ(Python(Try("open('/proc/sys/kernel/hostname', 'w')")).substr(0, 7), "refused");
  EXPECT_EQ(Python(Try("open('/dev/x', 'w')")).substr(0, 7), "refused");
  EXPECT_EQ(Python(Try("open('/tmp/x', 'w')")), "allowed\n");
}

TEST_F(Sandbox, TmpIsAsLargeAsTheManifestSays) {
  spec_.tmp_size = 1 << 20;
  EXPECT_EQ(Python(Try("open('/tmp/x', 'wb').write(b'x' * (1 << 21))")), "refused 28\n");
}

TEST_F(Sandbox, TheWaysOutAreShut) {
  EXPECT_EQ(Python(Try("call(libc.unshare, 0x10000000)")), "refused 1\n") << "a user namespace";
  EXPECT_EQ(Python(Try("call(libc.mount, b'none', b'/tmp', b'tmpfs', 0, None)")), "refused 1\n");
  EXPECT_EQ(Python(Try("call(libc.ptrace, 16, 1, 0, 0)")), "refused 1\n");
  EXPECT_EQ(Python(Try("os.mknod('/tmp/d', 0o020666, os.makedev(1, 3))")), "refused 1\n");
  EXPECT_EQ(Python(Try("os.chroot('/tmp')")), "refused 1\n");
  EXPECT_EQ(Python(Try("os.setuid(0)")), "refused 1\n");
  EXPECT_EQ(Python(Try("call(libc.syscall, 321, 0, 0, 0)")), "refused 1\n") << "bpf";
  EXPECT_EQ(Python(Try("call(libc.syscall, 425, 1, 0)")), "refused 1\n") << "io_uring_setup";
  EXPECT_EQ(Python(Try("call(libc.syscall, 56, 0x10000011, 0, 0, 0, 0)")), "refused 1\n")
      << "clone with CLONE_NEWUSER";
  EXPECT_EQ(Python(Try("call(libc.syscall, 435, 0, 0)")), "refused 38\n")
      << "clone3 answers ENOSYS";
}

// By number, as a program would that brings no libc of ours: whatever could undo a wall is refused
// before its arguments are looked at.
TEST_F(Sandbox, NoSystemCallThatCouldUndoAWallIsAnswered) {
  EXPECT_EQ(
      Python(
          "import ctypes\n"
          "calls = dict(ptrace=101, process_vm_readv=310, process_vm_writev=311, kcmp=312,\n"
          "  setns=308, unshare=272, pivot_root=155, chroot=161, mount=165, umount2=166,\n"
          "  open_tree=428, move_mount=429, fsopen=430, mount_setattr=442, mknodat=259,\n"
          "  setuid=105, setgid=106, setresuid=117, setgroups=116, capset=126,\n"
          "  init_module=175, finit_module=313, delete_module=176, kexec_load=246, reboot=169,\n"
          "  bpf=321, perf_event_open=298, userfaultfd=323, io_uring_setup=425,\n"
          "  io_uring_enter=426, keyctl=250, add_key=248, request_key=249,\n"
          "  open_by_handle_at=304, name_to_handle_at=303, pidfd_getfd=438, swapon=167,\n"
          "  acct=163, settimeofday=164, clock_settime=227, quotactl=179, iopl=172, syslog=103,\n"
          "  sethostname=170, fanotify_init=300)\n"
          "libc = ctypes.CDLL(None, use_errno=True)\n"
          "for name, number in calls.items():\n"
          "  ctypes.set_errno(0)\n"
          "  if libc.syscall(number, 0, 0, 0, 0, 0, 0) != -1 or ctypes.get_errno() != 1:\n"
          "    print(name, 'gave', ctypes.get_errno())\n"
          "print('all tried')"),
      "all tried\n");
}

TEST_F(Sandbox, OutsideItIsAnotherUserThanItThinks) {
  EXPECT_EQ(Python("print(sorted(line.split() for line in open('/proc/self/uid_map')))"),
            "[['0', '200001', '1'], ['1000', '200000', '1']]\n");
}

TEST_F(Sandbox, TheProcessorLimitBites) {
  auto cgroups = DetectCgroups("polycall-cpu-" + std::to_string(getpid()));
  if (std::string_view(cgroups->version()) == "none") {
    GTEST_SKIP() << "no control groups here";
  }
  auto group = cgroups->Open("one", {.cpu = 0.2});
  ASSERT_TRUE(group.ok()) << group.status().ToString();
  // A busy machine gives it less; only a limit that does not hold gives it more.
  EXPECT_EQ(Python("import time\n"
                   "begin, used = time.monotonic(), time.process_time()\n"
                   "while time.monotonic() < begin + 1: pass\n"
                   "share = (time.process_time() - used) / (time.monotonic() - begin)\n"
                   "print('held' if share < 0.6 else share)",
                   group->get()),
            "held\n");
  EXPECT_TRUE((*group)->KillAll().ok());
}

TEST_F(Sandbox, ThereIsNoNetwork) {
  EXPECT_EQ(Python(Try("socket.create_connection(('127.0.0.1', 22), 1)")).substr(0, 7), "refused");
  EXPECT_EQ(Python(Try("socket.create_connection(('192.0.2.1', 80), 1)")), "refused 101\n");
}

TEST_F(Sandbox, InheritedDescriptorsAreWhereTheyBelongAndNoOthers) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const UniqueFd mine(pair[0]);
  const UniqueFd theirs(pair[1]);
  spec_.fds = {theirs.get()};
  const std::string seen = Python(
      "import os, socket\nsocket.socket(fileno=3).send(b'ping')\n"
      "print(sorted(int(f) for f in os.listdir('/proc/self/fd'))[:5])");
  EXPECT_THAT(seen, HasSubstr("[0, 1, 2"));
  char heard[8] = {};
  EXPECT_EQ(recv(mine.get(), heard, sizeof heard, MSG_DONTWAIT), 4);
}

// polycalld has several descriptors for each instance: with two hundred of them it once could not start
// another one, because the limit of the new process counted polycalld's descriptors.
TEST_F(Sandbox, TheLimitOfOpenFilesIsTheProgramsAndNotThatOfWhoStartsIt) {
  std::vector<UniqueFd> many;
  for (int i = 0; i < 100; ++i) {
    many.emplace_back(dup(0));
  }
  spec_.open_files = 16;
  spec_.fds = {0};
  EXPECT_EQ(Python("import os, resource\n"
                   "print(resource.getrlimit(resource.RLIMIT_NOFILE), os.fstat(3) is not None)\n"
                   "try:\n    print([os.dup(0) for _ in range(16)])\n"
                   "except OSError as e:\n    print('refused', e.errno)\n"),
            "(16, 16) True\nrefused 24\n");
}

TEST_F(Sandbox, BindsAndFilesOfTheManifestAreThere) {
  spec_.binds = {{"/etc/hostname", "/data/name", false, true},
                 {"/no/such/file", "/data/none", false, true}};
  spec_.files = {{"/run/secret/key", "hush"}};
  const std::string seen = Python(
      "import os\nprint(open('/run/secret/key').read(), oct(os.stat('/run/secret/key').st_mode))");
  EXPECT_THAT(seen, HasSubstr("hush 0o100400"));
  spec_.binds = {{"/no/such/file", "/data/none", false, false}};
  EXPECT_THAT(Python("pass"), HasSubstr("cannot bind a mount of the manifest: No such file"));
}

TEST_F(Sandbox, MemoryAndProcessLimitsBite) {
  auto cgroups = DetectCgroups("polycall-test-" + std::to_string(getpid()));
  if (std::string_view(cgroups->version()) == "none") {
    GTEST_SKIP() << "no control groups here";
  }
  auto group = cgroups->Open("one", {.memory = 64 << 20, .cpu = 0.5, .pids = 16});
  ASSERT_TRUE(group.ok()) << group.status().ToString();
  spec_.argv = {"/usr/bin/python3", "-I", "-c", "x = bytearray(256 << 20); print('survived')"};
  auto ran = Run(group->get());
  ASSERT_TRUE(ran.ok()) << ran.status().ToString();
  EXPECT_EQ(ran->signal, SIGKILL) << ran->output;
  EXPECT_GE((*group)->Use().oom_kills, 1U) << "and it can be told from another kill";

  EXPECT_THAT(Python("import os, time\n"
                     "try:\n"
                     "    for i in range(64):\n"
                     "        if os.fork() == 0: time.sleep(1); os._exit(0)\n"
                     "    print('all forked')\n"
                     "except OSError as e: print('refused', e.errno)",
                     group->get()),
              HasSubstr("refused 11"));
  EXPECT_TRUE((*group)->KillAll().ok());
}

// A group of version 2, wherever one can be made: without controllers, entered only by being made in it.
class Unified final : public Cgroup {
 public:
  explicit Unified(std::string folder) : folder_(std::move(folder)) {}
  ~Unified() override { rmdir(folder_.c_str()); }
  Status Add(pid_t) override { return InternalError("moved after all"); }
  StatusOr<CgroupEntry> Enter() override {
    CgroupEntry entry;
    auto folder = OpenControl(folder_, O_PATH | O_DIRECTORY);
    if (!folder.ok()) return std::move(folder).status();
    entry.folder = *std::move(folder);
    return entry;
  }
  StatusOr<std::vector<UniqueFd>> Join() override { return std::vector<UniqueFd>(); }
  Status KillAll() override { return KillProcesses(folder_); }
  CgroupUse Use() override { return {}; }
  void Keep() override {}

 private:
  const std::string folder_;
};

TEST_F(Sandbox, AProcessIsMadeInItsGroupOfVersion2) {
  const std::string mount = FindCgroupMounts("/proc/self/mounts").unified;
  const std::string folder = mount + "/polycall-test-" + std::to_string(getpid());
  if (mount.empty() || mkdir(folder.c_str(), 0755) != 0) {
    GTEST_SKIP() << "no control groups of version 2 here";
  }
  Unified group(folder);
  spec_.argv = {"/bin/sleep", "60"};
  for (const bool walls : {false, true}) {
    auto started =
        walls ? StartSandboxed(spec_, seccomp_, &group, work_) : StartProcess(spec_, &group);
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    EXPECT_EQ(ReadControl(folder + "/cgroup.procs"), std::to_string(started->pid) + "\n");
    EXPECT_TRUE(group.KillAll().ok());
    waitpid(started->pid, nullptr, __WALL);
  }
}

// A kernel whose controllers belong to version 1 has none for version 2: here the files stand in for it.
TEST(CgroupsOfVersion2, LimitsAreWrittenAndUseIsReadAsTheKernelHasThem) {
  char mount[] = "/tmp/polycall-cgroup2-XXXXXX";
  ASSERT_NE(mkdtemp(mount), nullptr);
  const std::string parent = std::string(mount) + "/polycall", group = parent + "/parser-1";
  std::filesystem::create_directories(group);
  const auto write = [](const std::string& file, const std::string& text) {
    std::ofstream(file) << text;
  };
  for (const std::string& file :
       {std::string(mount) + "/cgroup.subtree_control", parent + "/cgroup.subtree_control",
        group + "/memory.max", group + "/memory.swap.max", group + "/cpu.max", group + "/pids.max",
        group + "/cgroup.procs", group + "/cgroup.kill"}) {
    write(file, "");
  }
  std::string reason;
  const auto groups = MakeCgroupsV2(mount, "polycall", &reason);
  ASSERT_NE(groups, nullptr) << reason;
  EXPECT_STREQ(groups->version(), "v2");
  EXPECT_EQ(groups->Names(), std::set<std::string>{"parser-1"});
  auto opened = groups->Open("parser-1", {.memory = 64 << 20, .cpu = 0.5, .pids = 32});
  ASSERT_TRUE(opened.ok()) << opened.status().ToString();
  EXPECT_EQ(ReadControl(group + "/memory.max"), "67108864");
  EXPECT_EQ(ReadControl(group + "/memory.swap.max"), "0");
  EXPECT_EQ(ReadControl(group + "/cpu.max"), "50000 100000");
  EXPECT_EQ(ReadControl(group + "/pids.max"), "32");
  // A forked process joins by the descriptor, wherever it is.
  auto join = (*opened)->Join();
  ASSERT_TRUE(join.ok() && join->size() == 1);
  EXPECT_EQ(pwrite(join->front().get(), "0", 1, 0), 1);
  EXPECT_EQ(ReadControl(group + "/cgroup.procs"), "0");
  write(group + "/cgroup.procs", "");
  EXPECT_TRUE((*opened)->KillAll().ok());
  EXPECT_EQ(ReadControl(group + "/cgroup.kill"), "1");
  write(group + "/memory.current", "4096\n");
  write(group + "/cpu.stat", "usage_usec 1500\nuser_usec 1000\n");
  write(group + "/memory.events", "low 0\noom 3\noom_kill 2\n");
  write(group + "/pids.events", "max 5\n");
  const CgroupUse use = (*opened)->Use();
  EXPECT_EQ(use.memory, 4096);
  EXPECT_EQ(use.cpu_ns, 1'500'000);
  EXPECT_EQ(use.oom_kills, 2U);
  EXPECT_EQ(use.pid_refusals, 5U);
  std::filesystem::remove_all(mount);
}

TEST_F(Sandbox, AGroupIsRemovedWhenNoProcessIsInItAnyMore) {
  const std::string parent = "polycall-test-remove-" + std::to_string(getpid());
  const auto groups = DetectCgroups(parent);
  if (std::string(groups->version()) == "none") {
    GTEST_SKIP() << "no control groups here";
  }
  auto group = groups->Open("parser-1", {});
  ASSERT_TRUE(group.ok()) << group.status().ToString();
  (*group)->Keep();
  EXPECT_EQ(groups->Names(), std::set<std::string>{"parser-1"});
  spec_.argv = {"/bin/sleep", "60"};
  auto started = StartSandboxed(spec_, seccomp_, group->get(), work_);
  ASSERT_TRUE(started.ok()) << started.status().ToString();
  EXPECT_FALSE(groups->Remove("parser-1"));
  EXPECT_EQ(groups->Names(), std::set<std::string>{"parser-1"});
  kill(started->pid, SIGKILL);
  waitpid(started->pid, nullptr, __WALL);
  EXPECT_TRUE(groups->Remove("parser-1"));
  EXPECT_TRUE(groups->Remove("parser-1")) << "one that is not there is removed";
  EXPECT_TRUE(groups->Names().empty());
}

TEST_F(Sandbox, RootIsRefusedInsideAndOutside) {
  spec_.argv = {"/bin/true"};
  spec_.host_uid = 0;
  EXPECT_FALSE(Run().ok());
}

TEST_F(Sandbox, AnOrdinaryProcessHasItsUserToo) {
  spec_.argv = {"/bin/sh", "-c", "test $(id -u) = 1000"};
  auto started = StartProcess(spec_, nullptr);
  ASSERT_TRUE(started.ok()) << started.status().ToString();
  int status = -1;
  waitpid(started->pid, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace polycall::scheduler
