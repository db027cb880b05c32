#include "transport/stream/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/clock.h"

namespace polycall::transport {
namespace {

using testing::HasSubstr;

int64_t Hang() { return base::DeadlineAfter(60 * base::kSecond); }

class Fd {
 public:
  ~Fd() { Close(); }
  void Close() {
    if (fd >= 0) close(fd);
    fd = -1;
  }
  int fd = -1;
};

class UnixSocket : public testing::Test {
 protected:
  UnixSocket() {
    char folder[] = "/tmp/polycall-socket-XXXXXX";
    EXPECT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    path_ = folder_ + "/s";
  }
  ~UnixSocket() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string folder_, path_;
};

TEST(HostPort, IsTakenApart) {
  struct Example {
    const char *text, *host, *port;
  };
  for (const Example& example :
       {Example{"localhost:80", "localhost", "80"}, Example{"127.0.0.1:0", "127.0.0.1", "0"},
        Example{"[::1]:65535", "::1", "65535"}, Example{":4711", "", "4711"}}) {
    std::string host, port;
    const base::Status status = ParseHostPort(example.text, &host, &port);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(host, example.host);
    EXPECT_EQ(port, example.port);
  }
}

TEST(HostPort, TheErrorQuotesWhatIsWrong) {
  for (const char* text :
       {"", "localhost", "localhost:", "localhost:http", "localhost:65536", "localhost:-1",
        "localhost: 80", "localhost:000080", "::1:80", "[::1:80", "[::1]", "[::1]80"}) {
    std::string host, port;
    const base::Status status = ParseHostPort(text, &host, &port);
    EXPECT_EQ(status.code(), POLYCALL_INVALID_ARGUMENT) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"" + std::string(text) + "\""));
  }
}

TEST(UnixPath, HasTheSystemsLimit) {
  EXPECT_TRUE(CheckUnixPath("/run/x.sock").ok());
  EXPECT_TRUE(CheckUnixPath(std::string(107, 'x')).ok());
  EXPECT_EQ(CheckUnixPath(std::string(108, 'x')).code(), POLYCALL_INVALID_ARGUMENT);
  EXPECT_EQ(CheckUnixPath("").code(), POLYCALL_INVALID_ARGUMENT);
}

TEST_F(UnixSocket, AListenerIsConnectedToAndKnowsItsPeer) {
  Fd listener, caller, accepted;
  ASSERT_TRUE(ListenUnix(path_, &listener.fd).ok());
  ASSERT_TRUE(ConnectUnix(path_, Hang(), &caller.fd).ok());
  ASSERT_TRUE(PollUntil(listener.fd, POLLIN, Hang()));
  accepted.fd = accept(listener.fd, nullptr, nullptr);
  EXPECT_EQ(PeerCredentials(accepted.fd),
            ",pid=" + std::to_string(getpid()) + ",uid=" + std::to_string(getuid()));
}

TEST_F(UnixSocket, ItsFileIsItsOwnersAlone) {
  Fd listener;
  ASSERT_TRUE(ListenUnix(path_, &listener.fd).ok());
  struct stat info;
  ASSERT_EQ(lstat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(UnixSocket, AStaleFileIsReplaced) {
  Fd first, second, caller;
  ASSERT_TRUE(ListenUnix(path_, &first.fd).ok());
  first.Close();  // the file stays behind, as after a crash
  ASSERT_TRUE(std::filesystem::exists(path_));
  const base::Status status = ListenUnix(path_, &second.fd);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_TRUE(ConnectUnix(path_, Hang(), &caller.fd).ok());
}

TEST_F(UnixSocket, ALivingListenerIsNotReplaced) {
  Fd first, second, caller;
  ASSERT_TRUE(ListenUnix(path_, &first.fd).ok());
  const base::Status status = ListenUnix(path_, &second.fd);
  EXPECT_EQ(status.code(), POLYCALL_ALREADY_EXISTS);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_TRUE(ConnectUnix(path_, Hang(), &caller.fd).ok());
}

TEST_F(UnixSocket, ARegularFileIsNeitherReplacedNorChanged) {
  std::ofstream(path_) << "precious";
  Fd listener;
  const base::Status status = ListenUnix(path_, &listener.fd);
  EXPECT_EQ(status.code(), POLYCALL_ALREADY_EXISTS);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is no socket"));
  std::string content;
  std::ifstream(path_) >> content;
  EXPECT_EQ(content, "precious");
}

TEST_F(UnixSocket, WhereNobodyListensIsUnavailable) {
  Fd caller, listener;
  for (const bool stale : {false, true}) {
    if (stale) {
      ASSERT_TRUE(ListenUnix(path_, &listener.fd).ok());
      listener.Close();
    }
    const base::Status status = ConnectUnix(path_, Hang(), &caller.fd);
    EXPECT_EQ(status.code(), POLYCALL_UNAVAILABLE);
    EXPECT_THAT(std::string(status.message()), HasSubstr("unix:" + path_));
  }
}

TEST_F(UnixSocket, AFolderThatIsNotThereIsAnErrorWithItsPath) {
  Fd listener;
  const base::Status status = ListenUnix(folder_ + "/missing/s", &listener.fd);
  EXPECT_EQ(status.code(), POLYCALL_UNAVAILABLE);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder_ + "/missing/s"));
}

TEST(TcpSocket, AnyPortIsNamedAndConnectedTo) {
  Fd listener, caller;
  std::string address, peer;
  ASSERT_TRUE(ListenTcp("127.0.0.1:0", &listener.fd, &address).ok());
  EXPECT_THAT(address, testing::StartsWith("127.0.0.1:"));
  EXPECT_NE(address, "127.0.0.1:0");
  ASSERT_TRUE(ConnectTcp(address, Hang(), &caller.fd, &peer).ok());
  EXPECT_EQ(peer, address);
}

TEST(TcpSocket, ATakenPortIsRefused) {
  Fd first, second;
  std::string address, ignored;
  ASSERT_TRUE(ListenTcp("127.0.0.1:0", &first.fd, &address).ok());
  const base::Status status = ListenTcp(address, &second.fd, &ignored);
  EXPECT_EQ(status.code(), POLYCALL_ALREADY_EXISTS);
  EXPECT_THAT(std::string(status.message()), HasSubstr(address));
}

TEST(TcpSocket, WhereNobodyListensIsUnavailableAndSaysWhere) {
  Fd listener, caller;
  std::string address, peer;
  ASSERT_TRUE(ListenTcp("127.0.0.1:0", &listener.fd, &address).ok());
  listener.Close();
  const base::Status status = ConnectTcp(address, Hang(), &caller.fd, &peer);
  EXPECT_EQ(status.code(), POLYCALL_UNAVAILABLE);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tcp://" + address));
}

TEST(PollUntil, ComesBackAtItsDeadline) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const int64_t deadline = base::DeadlineAfter(2 * base::kMillisecond);
  EXPECT_FALSE(PollUntil(fds[0], POLLIN, deadline));
  EXPECT_GE(base::NowNs(), deadline);
  EXPECT_TRUE(PollUntil(fds[0], POLLOUT, Hang()));
  close(fds[0]);
  close(fds[1]);
}

}  // namespace
}  // namespace polycall::transport
