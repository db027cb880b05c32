#include "instance/process_end.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace polycall::scheduler {
namespace {

// linux/pidfd.h of newer kernels (6.15): how a process ended, for whoever holds its pidfd.
struct PidfdInfo {
  uint64_t mask;
  uint64_t cgroup;
  uint32_t ids[11];
  int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr uint64_t kPidfdInfoExit = 1 << 3;
constexpr unsigned long kPidfdGetInfo = _IOWR(0xFF, 11, PidfdInfo);

// The fields of /proc/PID/stat behind the name, the first being the state.
std::vector<std::string> StatFields(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const size_t behind = line.rfind(')');
  std::vector<std::string> fields;
  if (behind != std::string::npos) {
    std::istringstream words(line.substr(behind + 1));
    for (std::string word; words >> word;) {
      fields.push_back(word);
    }
  }
  return fields;
}

ProcessEnd FromWaitStatus(int status) {
  ProcessEnd end;
  end.known = true;
  end.code = WIFEXITED(status) ? CLD_EXITED : CLD_KILLED;
  end.status = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return end;
}

}  // namespace

ProcessEnd EndOfProcess(int pidfd, pid_t pid) {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) == 0) {
    return {true, info.si_code == CLD_EXITED ? CLD_EXITED : CLD_KILLED, info.si_status};
  }
  // Another's child. Until its parent waits for it, it stands in /proc; afterwards the kernel tells.
  constexpr size_t kExitCode = 49;
  for (int tries = 0; tries < 20; ++tries) {
    if (const auto fields = StatFields(pid); fields.size() > kExitCode && fields[0] == "Z") {
      return FromWaitStatus(std::atoi(fields[kExitCode].c_str()));
    }
    PidfdInfo told{};
    told.mask = kPidfdInfoExit;
    if (ioctl(pidfd, kPidfdGetInfo, &told) == 0 && (told.mask & kPidfdInfoExit) != 0) {
      return FromWaitStatus(told.exit_code);
    }
    usleep(500);
  }
  return {};
}

uint64_t StartTicks(pid_t pid) {
  constexpr size_t kStartTime = 19;
  const auto fields = StatFields(pid);
  return fields.size() > kStartTime ? std::stoull(fields[kStartTime]) : 0;
}

UniqueFd ReopenProcess(pid_t pid, uint64_t start_ticks) {
  UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  // Looked at after the pidfd names the process: now the number cannot change hands between.
  if (pidfd && (start_ticks == 0 || StartTicks(pid) != start_ticks)) {
    pidfd.Close();
  }
  return pidfd;
}

}  // namespace polycall::scheduler
