// Listeners that stop. The server is never started, so nobody accepts: callers wait in the backlog.
#include "transport/stream/listener.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "transport/stream/socket.h"

namespace polycall::transport {
namespace {

// A unix socket keeps who is in its backlog until it is closed, for a drained server when its last
// call has ended: the caller sat out its whole time to connect.
void ExpectThatTheBacklogIsRefused(const std::string& target) {
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  char address[256];
  ASSERT_EQ(polycall_server_listen(server, target.c_str(), address, sizeof(address), nullptr),
            POLYCALL_OK);
  const std::string bound(address);
  int fd = -1;
  std::string peer;
  const int64_t hang = base::DeadlineAfter(20 * base::kSecond);
  ASSERT_TRUE((bound.starts_with("unix:") ? ConnectUnix(bound.substr(5), hang, &fd)
                                          : ConnectTcp(bound.substr(6), hang, &fd, &peer))
                  .ok());
  polycall_server_shutdown(server, 0);
  EXPECT_TRUE(PollUntil(fd, POLLIN, hang)) << bound;
  char byte;
  EXPECT_LE(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
  close(fd);
  polycall_server_free(server);
}

TEST(Listener, AUnixCallerInTheBacklogIsRefusedWhenItStops) {
  char folder[] = "/tmp/polycall-listener-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  ExpectThatTheBacklogIsRefused("unix:" + std::string(folder) + "/s");
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

TEST(Listener, ATcpCallerInTheBacklogIsRefusedWhenItStops) {
  ExpectThatTheBacklogIsRefused("tcp://127.0.0.1:0");
}

}  // namespace
}  // namespace polycall::transport
