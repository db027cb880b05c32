#include "instance/forker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "instance/caller_rights.h"
#include "manifest/units.h"

namespace polycall::scheduler {
namespace {

constexpr int kPatienceMs = 5'000;
constexpr size_t kLargestMessage = 8192;
constexpr char kFailed[] = "failed ";

Status Errno(const std::string& what) { return InternalError(what + ": " + std::strerror(errno)); }

struct Message {
  std::string text;  // empty: the other end has gone
  pid_t pid = 0;     // who sent it
};

struct Pair {
  UniqueFd ours, theirs;
  // Whoever sends to `ours` is told by its number.
  Status Open() {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
      return Errno("socketpair");
    }
    ours = UniqueFd(fds[0]);
    theirs = UniqueFd(fds[1]);
    const int on = 1;
    if (setsockopt(ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
      return Errno("SO_PASSCRED");
    }
    return OkStatus();
  }
};

bool Send(int socket, const std::string& text, const std::vector<int>& fds) {
  iovec part{const_cast<char*>(text.data()), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    const size_t size = fds.size() * sizeof(int);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), fds.data(), size);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

Message Receive(int socket) {
  std::string text(kLargestMessage, '\0');
  iovec part{text.data(), text.size()};
  // Room for the credentials alone: descriptors that it might send are dropped by the kernel.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  Message received;
  if (got <= 0) {
    return received;
  }
  received.text.assign(text, 0, static_cast<size_t>(got));
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_CREDENTIALS) {
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
    received.pid = sender.pid;
  }
  return received;
}

// False: nothing came, or the other end has gone.
bool AwaitReadable(int socket, int patience_ms) {
  pollfd ready{socket, POLLIN, 0};
  return poll(&ready, 1, patience_ms) > 0 && (ready.revents & POLLIN) != 0;
}

// The manifest of the fork server's own process.
v1::Manifest ForkerManifest(const v1::Manifest& service, const std::string& package) {
  v1::Manifest m = service;
  auto& argv = *m.mutable_command()->mutable_argv();
  for (const char* word : {"/usr/bin/env", "python3", "-m", "polycall._fork_server"}) {
    argv.Add(word);
  }
  argv.Add(std::string(service.host().module()));
  // Instances end their calls a little before polycalld would kill them.
  argv.Add(std::to_string(static_cast<double>(service.drain_time()) / 1e9 * 0.9));
  for (std::string& identity : AllowedInside(service)) {
    argv.Add(std::move(identity));
  }
  if (!package.empty()) {
    std::string& path = (*m.mutable_environment())["PYTHONPATH"];
    path += (path.empty() ? "" : ":") + package;
  }
  return m;
}

}  // namespace

Forker::Forker(EventLoop& loop, Launcher& launcher, std::shared_ptr<const v1::Manifest> manifest,
               std::string id, Observer observer)
    : loop_(loop),
      launcher_(launcher),
      manifest_(std::move(manifest)),
      id_(std::move(id)),
      observer_(std::move(observer)) {}

StatusOr<std::unique_ptr<Forker>> Forker::Start(EventLoop& loop, Launcher& launcher,
                                                std::shared_ptr<const v1::Manifest> manifest,
                                                const std::string& id, uint32_t number,
                                                Observer observer) {
  Pair pair;
  if (Status status = pair.Open(); !status.ok()) {
    return status;
  }
  auto launched = launcher.Launch(ForkerManifest(*manifest, launcher.PythonPackage()), id, number,
                                  {pair.theirs.get()});
  if (!launched.ok()) {
    return std::move(launched).status();
  }
  std::unique_ptr<Forker> forker(
      new Forker(loop, launcher, std::move(manifest), id, std::move(observer)));
  Forker* const self = forker.get();
  forker->launched_ = *std::move(launched);
  forker->control_ = std::move(pair.ours);
  loop.Watch(forker->control_.get(), [self] { self->OnMessage(); });
  forker->log_ = std::make_unique<LogTail>(loop, launcher.LogPath(id), self->observer_.log);
  forker->patience_ = loop.After(std::chrono::nanoseconds(self->manifest_->start_time()), [self] {
    self->patience_ = 0;
    self->observer_.changed(
        DeadlineExceededError("the fork server did not import the module within " +
                              FormatDuration(self->manifest_->start_time())));
  });
  return forker;
}

Forker::~Forker() {
  loop_.Cancel(patience_);
  loop_.Forget(control_.get());
  if (!ready()) {
    // It may hang, and has no instances yet.
    (void)launched_.cgroup->KillAll();
    kill(launched_.process.pid, SIGKILL);
  }
  // What is left waits for the instances; somebody has to wait for it.
  const auto rest = std::make_shared<Launched>(std::move(launched_));
  EventLoop& loop = loop_;
  loop_.Watch(rest->process.pidfd.get(), [&loop, rest, log = launcher_.LogPath(id_)] {
    siginfo_t info{};
    waitid(P_PIDFD, static_cast<id_t>(rest->process.pidfd.get()), &info, WEXITED);
    loop.Forget(rest->process.pidfd.get());
    (void)rest->cgroup->KillAll();
    unlink(log.c_str());
  });
}

void Forker::OnMessage() {
  const Message message = Receive(control_.get());
  if (message.text == "ready" && !ready() && message.pid > 0) {
    loop_.Cancel(patience_);
    patience_ = 0;
    worker_ = message.pid;
    observer_.changed(OkStatus());
    return;
  }
  // Once is enough: whoever observes lets go of it.
  loop_.Cancel(patience_);
  patience_ = 0;
  loop_.Forget(control_.get());
  log_->ReadAll();
  if (message.text.starts_with(kFailed)) {
    observer_.changed(FailedPreconditionError(message.text.substr(sizeof kFailed - 1)));
  } else if (ready()) {
    observer_.changed(UnavailableError("the fork server has ended"));
  } else {
    observer_.changed(
        FailedPreconditionError("the fork server ended before it was ready; its log tells why"));
  }
}

StatusOr<Launched> Forker::Fork(const std::string& instance, const std::vector<int>& sockets) {
  Pair pair;
  if (Status status = pair.Open(); !status.ok()) {
    return status;
  }
  const std::string path = launcher_.LogPath(instance);
  const UniqueFd log(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log) {
    return Errno("cannot open " + path);
  }
  Launched launched;
  auto cgroup = launcher_.OpenCgroup(*manifest_, instance);
  if (!cgroup.ok()) {
    return std::move(cgroup).status();
  }
  launched.cgroup = *std::move(cgroup);
  auto join = launched.cgroup->Join();
  if (!join.ok()) {
    return std::move(join).status();
  }
  std::vector<int> fds = {pair.theirs.get()};
  fds.insert(fds.end(), sockets.begin(), sockets.end());
  fds.push_back(log.get());
  for (const UniqueFd& file : *join) {
    fds.push_back(file.get());
  }
  if (!Send(control_.get(), instance, fds)) {
    return UnavailableError("the fork server does not answer");
  }
  // The new process alone has it then: its end is seen.
  pair.theirs.Close();
  const Message here =
      AwaitReadable(pair.ours.get(), kPatienceMs) ? Receive(pair.ours.get()) : Message();
  if (here.text != "here" || here.pid <= 0) {
    (void)launched.cgroup->KillAll();
    return here.text.starts_with(kFailed)
               ? FailedPreconditionError("the forked process " +
                                         here.text.substr(sizeof kFailed - 1))
               : UnavailableError("the fork server made no process");
  }
  launched.process.pid = here.pid;
  launched.process.pidfd = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, here.pid, 0)));
  // It waits for our word: while its end of the socket is open, the number is its own.
  pollfd gone{pair.ours.get(), 0, 0};
  if (!launched.process.pidfd || poll(&gone, 1, 0) != 0 || !Send(pair.ours.get(), "go", {})) {
    (void)launched.cgroup->KillAll();
    return UnavailableError("the forked process ended at once");
  }
  return launched;
}

}  // namespace polycall::scheduler
