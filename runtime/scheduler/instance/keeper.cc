#include "instance/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>

#include "instance/keeper_message.h"

namespace polycall::scheduler {
namespace {

constexpr int kPatienceMs = 5'000;

// Twice away from us, so that it is nobody's child that would have to be waited for.
Status StartKeeper(const std::string& run_folder, const std::string& program) {
  const char* const argv[] = {program.c_str(), "--keeper", run_folder.c_str(), nullptr};
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) {
      _exit(0);
    }
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) {
      dup2(null, fd);
    }
    close_range(3, ~0U, 0);
    execv(program.c_str(), const_cast<char* const*>(argv));
    _exit(127);
  }
  if (child < 0) {
    return InternalError(std::string("cannot start the keeper: fork: ") + std::strerror(errno));
  }
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return OkStatus();
}

UniqueFd Connect(const std::string& run_folder) {
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const sockaddr_un address = KeeperAddress(run_folder);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.Close();
  }
  return fd;
}

}  // namespace

StatusOr<Keeper> Keeper::Open(const std::string& run_folder, const std::string& program) {
  if (run_folder.size() + sizeof "/keeper.sock" > sizeof sockaddr_un().sun_path) {
    return InvalidArgumentError("the run folder's path is too long for sockets: " + run_folder);
  }
  UniqueFd fd = Connect(run_folder);
  if (fd) {
    return Keeper(std::move(fd));
  }
  if (Status status = StartKeeper(run_folder, program); !status.ok()) {
    return status;
  }
  for (int waited = 0; waited < kPatienceMs; waited += 2) {
    if (fd = Connect(run_folder); fd) {
      return Keeper(std::move(fd));
    }
    usleep(2'000);
  }
  return UnavailableError("the keeper (" + program + " --keeper) does not answer");
}

void Keeper::Put(const std::string& name, int fd) {
  if (socket_ && !SendKeeperMessage(socket_.get(), "put", name, fd, MSG_DONTWAIT)) {
    socket_.Close();
  }
}

void Keeper::Drop(const std::string& name) {
  if (socket_ && !SendKeeperMessage(socket_.get(), "drop", name, -1, MSG_DONTWAIT)) {
    socket_.Close();
  }
}

StatusOr<std::map<std::string, UniqueFd>> Keeper::All() {
  std::map<std::string, UniqueFd> all;
  if (!socket_ || !SendKeeperMessage(socket_.get(), "all", "", -1, 0)) {
    return UnavailableError("the keeper has gone");
  }
  KeeperMessage message;
  for (pollfd ready{socket_.get(), POLLIN, 0}; poll(&ready, 1, kPatienceMs) > 0;) {
    if (!ReceiveKeeperMessage(socket_.get(), &message)) {
      return UnavailableError("the keeper has gone");
    }
    if (message.verb == "end") {
      return all;
    }
    all[message.name] = std::move(message.fd);
  }
  return FailedPreconditionError("another polycalld uses this run folder");
}

void Keeper::Dismiss() {
  if (socket_) {
    SendKeeperMessage(socket_.get(), "dismiss", "", -1, MSG_DONTWAIT);
  }
}

}  // namespace polycall::scheduler
