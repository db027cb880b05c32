#include "sandbox/oci.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace polycall::scheduler {
namespace {

constexpr int kPatienceMs = 20'000;

std::string Text(const std::string& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> RuntimeWords(const Container& container) {
  return {container.runtime, "--root", container.folder + "/state", "--log",
          container.folder + "/log"};
}

// The line that `podman image WHAT` prints of an image.
StatusOr<std::string> AskPodman(const std::string& what, const std::string& image) {
  for (const char c : image) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("./:-_@", c)) {
      return InvalidArgumentError("'" + image + "' is no image folder and no image's reference");
    }
  }
  // podman takes a reference that begins with '-' for an option; one that hangs is not waited for.
  const std::string command = "timeout " + std::to_string(kPatienceMs / 1000) + " podman image " +
                              what + " -- '" + image + "' 2>/dev/null";
  FILE* const pipe = popen(command.c_str(), "re");
  char line[4096] = "";
  const bool got = pipe != nullptr && std::fgets(line, sizeof line, pipe) != nullptr;
  std::string answer(line, std::strcspn(line, "\n"));
  if (pipe == nullptr || pclose(pipe) != 0 || !got || answer.empty()) {
    return NotFoundError("podman has no image " + image +
                         "; build or import it, or name a folder with its root");
  }
  return answer;
}

// Runs the runtime's command to its end. False: it failed, or hung and was killed.
bool RunRuntime(SandboxSpec spec) {
  spec.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  spec.uid = geteuid();
  spec.gid = getegid();
  auto started = StartProcess(spec, nullptr);
  if (!started.ok()) {
    return false;
  }
  pollfd ended{started->pidfd.get(), POLLIN, 0};
  int ready;
  do {
    ready = poll(&ended, 1, kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    kill(started->pid, SIGKILL);
  }
  int status = -1;
  while (waitpid(started->pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ready > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

StatusOr<std::string> FindOciRuntime() {
  const bool only_v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
  for (const char* name : {"runc", "crun"}) {
    if (std::string_view(name) == "crun" && !only_v2) continue;
    for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/bin/"}) {
      std::string path = std::string(folder) + name;
      if (access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return NotFoundError("isolation oci needs an OCI runtime: install Debian's package runc");
}

StatusOr<std::string> FindImageRoot(const std::string& image) {
  std::error_code ignored;
  if (image.starts_with('/')) {
    if (std::filesystem::is_directory(image + "/rootfs", ignored)) return image + "/rootfs";
    if (std::filesystem::is_directory(image, ignored)) return image;
    return NotFoundError("there is no image folder " + image);
  }
  auto root = AskPodman("mount", image);
  if (root.ok() && !root->starts_with('/')) {
    return NotFoundError("podman does not say where the image " + image + " is: " + *root);
  }
  return root;
}

StatusOr<std::string> ImageVersion(const std::string& image) {
  if (!image.starts_with('/')) {
    return AskPodman("inspect --format '{{.Id}}'", image);
  }
  auto root = FindImageRoot(image);
  // Not when it was changed: the runtime makes folders in it to mount things at.
  struct statx info {};
  if (!root.ok() || statx(AT_FDCWD, root->c_str(), 0, STATX_INO | STATX_BTIME, &info) != 0) {
    return NotFoundError("there is no image folder " + image);
  }
  return std::to_string(info.stx_dev_major) + "," + std::to_string(info.stx_dev_minor) + " " +
         std::to_string(info.stx_ino) + " " + std::to_string(info.stx_btime.tv_sec) + "." +
         std::to_string(info.stx_btime.tv_nsec);
}

StatusOr<Started> StartContainer(const SandboxSpec& spec, const Container& container) {
  DeleteContainer(container);
  std::error_code error;
  std::filesystem::remove_all(container.folder, error);
  std::filesystem::create_directories(container.folder, error);
  SandboxSpec inside = spec;
  for (const InsideFile& file : spec.files) {
    const std::string path = container.folder + "/file-" + std::to_string(inside.binds.size());
    const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400));
    if (!fd || fchown(fd.get(), spec.host_uid, spec.host_gid) != 0 ||
        write(fd.get(), file.content.data(), file.content.size()) !=
            static_cast<ssize_t>(file.content.size())) {
      return InternalError("cannot write " + path + ": " + std::strerror(errno));
    }
    inside.binds.push_back({path, file.path, false, false});
  }
  // Environments hold secrets: nobody else reads the bundle.
  const UniqueFd config(open((container.folder + "/config.json").c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const std::string text = OciConfig(inside, container);
  if (!config ||
      write(config.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return InternalError("cannot write the bundle in " + container.folder + ": " +
                         std::strerror(errno));
  }
  SandboxSpec runtime;
  runtime.argv = RuntimeWords(container);
  runtime.argv.insert(
      runtime.argv.end(),
      {"run", "--detach", "--bundle", container.folder, "--pid-file", container.folder + "/pid",
       "--preserve-fds", std::to_string(spec.fds.size()), container.id});
  runtime.fds = spec.fds;
  runtime.output = spec.output;
  if (!RunRuntime(runtime)) {
    std::string log = Text(container.folder + "/log");
    if (const size_t message = log.find("msg="); message != std::string::npos) {
      log = log.substr(message + 4);
    }
    return FailedPreconditionError(container.runtime +
                                   " cannot start the container: " + log.substr(0, log.find('\n')));
  }
  Started started;
  started.pid = std::atoi(Text(container.folder + "/pid").c_str());
  started.pidfd = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, started.pid, 0)));
  if (started.pid <= 0 || !started.pidfd) {
    DeleteContainer(container);
    return FailedPreconditionError("the container ended as soon as it was started");
  }
  return started;
}

void DeleteContainer(const Container& container) {
  if (access((container.folder + "/state/" + container.id).c_str(), F_OK) != 0) {
    return;
  }
  SandboxSpec runtime;
  runtime.argv = RuntimeWords(container);
  runtime.argv.insert(runtime.argv.end(), {"delete", "--force", container.id});
  (void)RunRuntime(runtime);
}

}  // namespace polycall::scheduler
