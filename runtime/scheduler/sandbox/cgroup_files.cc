#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "sandbox/cgroup_versions.h"
#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

CgroupMounts FindCgroupMounts(const std::string& mounts_file) {
  CgroupMounts found;
  std::ifstream file(mounts_file);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string device, point, type, options;
    words >> device >> point >> type >> options;
    options = "," + options + ",";
    if (type == "cgroup2") {
      found.unified = point;
      const std::string controllers = " " + ReadControl(point + "/cgroup.controllers") + " ";
      found.unified_has_memory = controllers.find("memory") != std::string::npos;
    } else if (type == "cgroup") {
      if (options.find(",memory,") != std::string::npos) found.memory = point;
      if (options.find(",cpu,") != std::string::npos) found.cpu = point;
      if (options.find(",pids,") != std::string::npos) found.pids = point;
    }
  }
  return found;
}

StatusOr<UniqueFd> OpenControl(const std::string& path, int flags) {
  UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC));
  if (!fd) {
    return InternalError("cannot open " + path + ": " + std::strerror(errno));
  }
  return fd;
}

Status WriteControl(const std::string& file, const std::string& value) {
  const UniqueFd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || write(fd.get(), value.data(), value.size()) < 0) {
    return InternalError("cannot write " + value + " to " + file + ": " + std::strerror(errno));
  }
  return OkStatus();
}

std::string ReadControl(const std::string& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

uint64_t ReadKeyed(const std::string& file, const std::string& key) {
  std::ifstream stream(file);
  std::string name;
  uint64_t value = 0;
  while (stream >> name >> value) {
    if (name == key) {
      return value;
    }
  }
  return 0;
}

bool MakeGroup(const std::string& path, std::string* reason) {
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    *reason = "cannot make the control group " + path + ": " + std::strerror(errno);
    return false;
  }
  return true;
}

void AddGroups(const std::string& folder, std::set<std::string>* names) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) names->insert(entry.path().filename());
  }
}

bool RemoveGroup(const std::string& path) { return rmdir(path.c_str()) == 0 || errno == ENOENT; }

Status KillProcesses(const std::string& group) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (true) {
    std::istringstream processes(ReadControl(group + "/cgroup.procs"));
    bool any = false;
    for (pid_t pid = 0; processes >> pid;) {
      any = true;
      if (pid > 0) {  // 0: of a pid namespace that cannot be seen from here
        kill(pid, SIGKILL);
      }
    }
    if (!any) {
      return OkStatus();
    }
    if (std::chrono::steady_clock::now() >= end) {
      return DeadlineExceededError("processes of " + group + " do not end after SIGKILL");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace polycall::scheduler
