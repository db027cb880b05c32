// The keeper's side.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

#include "instance/keeper.h"
#include "instance/keeper_message.h"

namespace polycall::scheduler {

sockaddr_un KeeperAddress(const std::string& run_folder) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = run_folder + "/keeper.sock";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

bool SendKeeperMessage(int socket, const std::string& verb, const std::string& name, int fd,
                       int flags) {
  std::string text = verb + " " + name;
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent > 0;
}

bool ReceiveKeeperMessage(int socket, KeeperMessage* out) {
  char text[256];
  iovec part{text, sizeof text};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) {
    return false;
  }
  *out = KeeperMessage();
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    out->fd = UniqueFd(fd);
  }
  const std::string all(text, static_cast<size_t>(got));
  const size_t space = all.find(' ');
  out->verb = all.substr(0, space);
  out->name = space == std::string::npos ? "" : all.substr(space + 1);
  return true;
}

namespace {

constexpr int kLookMs = 1'000;

class KeeperProcess {
 public:
  explicit KeeperProcess(std::string run_folder) : run_folder_(std::move(run_folder)) {}

  int Run() {
    const sockaddr_un address = KeeperAddress(run_folder_);
    listener_ = UniqueFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    unlink(address.sun_path);
    const mode_t before = umask(0177);  // polycalld's own user alone
    const bool bound =
        bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    umask(before);
    if (!bound || listen(listener_.get(), 4) != 0) {
      return 1;
    }
    while (true) {
      pollfd fds[2] = {{listener_.get(), POLLIN, 0}, {client_.get(), POLLIN, 0}};
      // One polycalld at a time: what a killed one said last is heard before the next one is.
      if (client_) fds[0].events = 0;
      const int ready = poll(fds, client_ ? 2 : 1, kLookMs);
      if (ready < 0 && errno != EINTR) {
        return 1;
      }
      if (client_ && fds[1].revents != 0 && !Serve()) {
        unlink(address.sun_path);
        return 0;
      }
      if (fds[0].revents != 0) {
        client_ = UniqueFd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      }
      if (!client_ && access(address.sun_path, F_OK) != 0) {
        EndInstances();
        return 0;
      }
    }
  }

 private:
  // False: dismissed.
  bool Serve() {
    KeeperMessage message;
    if (!ReceiveKeeperMessage(client_.get(), &message)) {
      client_.Close();
      return true;
    }
    if (message.verb == "put" && message.fd) {
      kept_[message.name] = std::move(message.fd);
    } else if (message.verb == "drop") {
      kept_.erase(message.name);
    } else if (message.verb == "all") {
      bool there = true;
      for (const auto& [name, fd] : kept_) {
        there = there && SendKeeperMessage(client_.get(), "fd", name, fd.get(), 0);
      }
      if (!there || !SendKeeperMessage(client_.get(), "end", "", -1, 0)) client_.Close();
    }
    return message.verb != "dismiss";
  }

  void EndInstances() {
    for (const auto& [name, fd] : kept_) {
      if (name.starts_with("pid/")) {
        syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr, 0);
      }
    }
  }

  const std::string run_folder_;
  UniqueFd listener_, client_;
  std::map<std::string, UniqueFd> kept_;
};

}  // namespace

int RunKeeper(const std::string& run_folder) { return KeeperProcess(run_folder).Run(); }

}  // namespace polycall::scheduler
