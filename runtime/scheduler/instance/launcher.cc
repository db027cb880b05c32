#include "instance/launcher.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "instance/caller_rights.h"

namespace polycall::scheduler {
namespace {

constexpr int kBacklog = 4096;
constexpr uintmax_t kLargestSecret = 1 << 20;
constexpr int kFirstInherited = 3;

Status Errno(const std::string& what) { return InternalError(what + ": " + std::strerror(errno)); }

// "fd:3" for the first of the sockets that a process inherits.
std::string InheritedTarget(size_t index) {
  return "fd:" + std::to_string(kFirstInherited + index);
}

// The host ends calls a little before polycalld would kill it: they get a status of their own.
int64_t GraceMs(const v1::Manifest& manifest) { return manifest.drain_time() / 1'000'000 * 9 / 10; }

// The first folder of the path that other users cannot pass through; empty: they can reach its end.
std::string ClosedFolder(const std::filesystem::path& path) {
  std::filesystem::path folder;
  for (const auto& part : path) {
    folder /= part;
    struct stat info {};
    if (stat(folder.c_str(), &info) == 0 && (info.st_mode & S_IXOTH) == 0) {
      return folder;
    }
  }
  return "";
}

StatusOr<std::string> ReadSecret(const std::string& file) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) {
    return FailedPreconditionError("cannot read the secret " + file);
  }
  if (size > kLargestSecret) {
    return InvalidArgumentError("the secret " + file + " is larger than 1 MiB");
  }
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

Launcher::Launcher(LauncherOptions options) : options_(std::move(options)) {}

// What has just ended may take a moment to leave its group. Where instances live on it is not for long
// that we wait.
Launcher::~Launcher() {
  if (cgroups_ == nullptr) return;
  leftovers_ = cgroups_->Names();
  for (int i = 0; i < 100 && !RemoveLeftovers(); ++i) {
    usleep(5'000);
  }
}

Status Launcher::Prepare() {
  std::error_code error;
  std::filesystem::create_directories(options_.run_folder + "/root", error);
  std::filesystem::create_directories(options_.run_folder + "/state", error);
  if (error) {
    return InternalError("cannot make " + options_.run_folder + ": " + error.message());
  }
  cgroup_parent_ = options_.cgroup_parent;
  if (cgroup_parent_.empty()) {
    cgroup_parent_ = "polycall" + std::filesystem::absolute(options_.run_folder).string();
    std::replace(cgroup_parent_.begin(), cgroup_parent_.end(), '/', '-');
  }
  cgroups_ = DetectCgroups(cgroup_parent_);
  leftovers_ = cgroups_->Names();
  return OkStatus();
}

std::string Launcher::SocketPath(const std::string& instance) const {
  return options_.run_folder + "/" + instance + ".sock";
}

std::string Launcher::LogPath(const std::string& instance) const {
  return options_.run_folder + "/" + instance + ".log";
}

StatusOr<UniqueFd> Launcher::MakeSocket(
    const std::string& path, const google::protobuf::RepeatedPtrField<std::string>& callers) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return InvalidArgumentError("the socket's path is too long (107 bytes at most): " + path);
  }
  std::strcpy(address.sun_path, path.c_str());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  unlink(path.c_str());
  if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), callers.empty() ? 0666 : 0600) != 0) {
    return Errno("cannot listen on " + path);
  }
  if (!callers.empty()) {
    if (Status status = LetIn(path, UsersOf(callers)); !status.ok()) {
      return status;
    }
  }
  if (listen(fd.get(), kBacklog) != 0) {
    return Errno("cannot listen on " + path);
  }
  return fd;
}

StatusOr<SandboxSpec> Launcher::SpecOf(const v1::Manifest& m, const std::string& instance,
                                       uint32_t number, size_t sockets) const {
  SandboxSpec spec;
  spec.hostname = instance.substr(0, 63);
  if (m.has_host()) {
    // An image has a PolyCall of its own.
    spec.argv = {m.isolation() == v1::OCI ? "polycall" : options_.tool,
                 "host",
                 "--lang",
                 m.host().language(),
                 m.host().module(),
                 "--name",
                 instance,
                 "--grace",
                 std::to_string(GraceMs(m)) + "ms"};
    for (size_t i = 0; i < sockets; ++i) {
      spec.argv.insert(spec.argv.end(), {"--listen", InheritedTarget(i)});
    }
    for (const std::string& identity : AllowedInside(m)) {
      spec.argv.insert(spec.argv.end(), {"--allow", identity});
    }
  } else {
    spec.argv.assign(m.command().argv().begin(), m.command().argv().end());
    if (!m.command().directory().empty()) {
      spec.directory = m.command().directory();
    }
  }
  spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "POLYCALL_INSTANCE=" + instance,
                      "HOME=/tmp"};
  std::string targets;
  for (size_t i = 0; i < sockets; ++i) {
    targets += (i == 0 ? "" : " ") + InheritedTarget(i);
  }
  spec.environment.push_back("POLYCALL_LISTEN=" + targets);
  if (const std::string admission = AdmissionText(m); !admission.empty()) {
    spec.environment.push_back("POLYCALL_ADMISSION=" + admission);
  }
  for (const auto& [key, value] : m.environment()) {
    spec.environment.push_back(key + "=" + value);
  }
  for (const v1::Secret& secret : m.secrets()) {
    auto content = ReadSecret(secret.file());
    if (!content.ok()) {
      return std::move(content).status();
    }
    if (secret.has_variable()) {
      spec.environment.push_back(secret.variable() + "=" + *content);
    } else {
      spec.files.push_back({secret.path(), *std::move(content)});
    }
  }
  for (const std::string& folder : options_.shared_folders) {
    spec.binds.push_back({folder, folder, false, false});
  }
  for (const v1::Mount& mount : m.mounts()) {
    spec.binds.push_back({mount.source(), mount.target(), mount.writable(), false});
  }
  spec.rootfs = m.rootfs();
  if (m.has_user()) {
    spec.uid = m.user().uid();
    spec.gid = m.user().gid();
  }
  // Two host users for each sandbox: the program's, and the one that builds its root.
  spec.host_uid = options_.first_host_uid + 2 * number;
  spec.host_gid = options_.first_host_uid + 2 * number;
  if (m.limits().tmp() != 0) spec.tmp_size = m.limits().tmp();
  if (m.limits().open_files() != 0) spec.open_files = m.limits().open_files();
  spec.host_network = m.network() == v1::HOST_NETWORK;
  return spec;
}

StatusOr<const SeccompProgram*> Launcher::SeccompOf(const std::string& language) {
  if (const auto found = seccomp_.find(language); found != seccomp_.end()) {
    return &found->second;
  }
  auto program = CompileSeccomp(language);
  if (!program.ok()) {
    return std::move(program).status();
  }
  return &seccomp_.emplace(language, *std::move(program)).first->second;
}

StatusOr<std::unique_ptr<Cgroup>> Launcher::OpenCgroup(const v1::Manifest& manifest,
                                                       const std::string& instance) {
  leftovers_.erase(instance);
  const v1::Limits& limits = manifest.limits();
  return cgroups_->Open(instance, {limits.memory(), limits.cpu(), limits.pids()});
}

bool Launcher::RemoveLeftovers() {
  std::erase_if(leftovers_, [this](const std::string& name) { return cgroups_->Remove(name); });
  return leftovers_.empty();
}

Container Launcher::ContainerOf(const v1::Manifest& m, const std::string& instance) const {
  return {.id = instance,
          .runtime = oci_runtime_,
          .folder = options_.run_folder + "/oci/" + instance,
          .cgroup = "/" + cgroup_parent_ + "/" + instance,
          .language = m.has_host() ? m.host().language() : "",
          .limits = {m.limits().memory(), m.limits().cpu(), m.limits().pids()}};
}

std::string Launcher::PythonPackage() const {
  // The build's, or the installed one.
  const std::filesystem::path prefix =
      std::filesystem::path(options_.tool).parent_path().parent_path();
  std::vector<std::filesystem::path> places = {prefix / "python", prefix / "lib/polycall/python"};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(prefix / "lib", error)) {
    places.push_back(entry.path() / "polycall/python");  // lib/x86_64-linux-gnu
  }
  for (const auto& place : places) {
    if (std::filesystem::exists(place / "polycall/_fork_server.py", error)) {
      return place;
    }
  }
  return "";
}

void Launcher::Forget(const v1::Manifest& manifest, const std::string& instance) {
  if (manifest.isolation() == v1::OCI) {
    if (auto runtime = FindOciRuntime(); runtime.ok()) oci_runtime_ = *runtime;
    const Container container = ContainerOf(manifest, instance);
    DeleteContainer(container);
    std::error_code ignored;
    std::filesystem::remove_all(container.folder, ignored);
  }
}

StatusOr<Launched> Launcher::Launch(const v1::Manifest& manifest, const std::string& instance,
                                    uint32_t number, const std::vector<int>& sockets) {
  auto spec = SpecOf(manifest, instance, number, sockets.size());
  if (!spec.ok()) {
    return std::move(spec).status();
  }
  const UniqueFd output(
      open(LogPath(instance).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output) {
    return Errno("cannot open " + LogPath(instance));
  }
  spec->fds = sockets;
  spec->output = output.get();
  Launched launched;
  auto cgroup = OpenCgroup(manifest, instance);
  if (!cgroup.ok()) {
    return std::move(cgroup).status();
  }
  launched.cgroup = *std::move(cgroup);

  StatusOr<Started> started = UnimplementedError("this isolation has no launcher");
  if (manifest.isolation() == v1::SANDBOX) {
    auto seccomp = SeccompOf(manifest.has_host() ? manifest.host().language() : "");
    if (!seccomp.ok()) {
      return std::move(seccomp).status();
    }
    started =
        StartSandboxed(*spec, **seccomp, launched.cgroup.get(), options_.run_folder + "/root");
  } else if (manifest.isolation() == v1::PROCESS || manifest.isolation() == v1::INPROC) {
    // One that is hosted in its callers' processes has a process too, for callers that cannot host it
    // or are not trusted.
    if (!manifest.has_user()) {  // as polycalld itself
      spec->uid = geteuid();
      spec->gid = getegid();
    }
    started = StartProcess(*spec, launched.cgroup.get());
  } else if (manifest.isolation() == v1::OCI) {
    auto root = FindImageRoot(manifest.image());
    auto runtime = FindOciRuntime();
    if (!root.ok() || !runtime.ok()) {
      return root.ok() ? std::move(runtime).status() : std::move(root).status();
    }
    spec->rootfs = *root;
    oci_runtime_ = *runtime;
    started = StartContainer(*spec, ContainerOf(manifest, instance));
  }
  if (!started.ok()) {
    const std::string closed =
        manifest.isolation() == v1::SANDBOX ? ClosedFolder(options_.run_folder) : "";
    if (!closed.empty()) {
      return FailedPreconditionError(
          std::string(started.status().message()) + "; sandboxes have users of their own, and " +
          closed + " lets them not through: chmod o+x it, or run polycalld in another folder");
    }
    return std::move(started).status();
  }
  launched.process = *std::move(started);
  return launched;
}

}  // namespace polycall::scheduler
