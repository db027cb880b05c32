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

// Two processes that share a socket, as an instance and its successor do under a scheduler: the first
// stops, and the caller that it did not get to is the second's.
TEST(Listener, AnInheritedSocketOutlivesTheServerAndKeepsItsBacklog) {
  char folder[] = "/tmp/polycall-listener-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  int made = -1;
  ASSERT_TRUE(ListenUnix(path, &made).ok());
  int kept = dup(made);
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  char address[256];
  ASSERT_EQ(polycall_server_listen(server, ("fd:" + std::to_string(made)).c_str(), address,
                                   sizeof(address), nullptr),
            POLYCALL_OK);
  EXPECT_EQ(std::string(address), "unix:" + path);
  int caller = -1;
  const int64_t hang = base::DeadlineAfter(20 * base::kSecond);
  ASSERT_TRUE(ConnectUnix(path, hang, &caller).ok());
  polycall_server_shutdown(server, 0);
  polycall_server_free(server);
  EXPECT_TRUE(std::filesystem::exists(path));
  ASSERT_TRUE(PollUntil(kept, POLLIN, hang));
  const int accepted = accept(kept, nullptr, nullptr);
  EXPECT_GE(accepted, 0);
  for (const int fd : {accepted, caller, kept}) close(fd);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

TEST(Listener, WhatIsNoListeningSocketIsRefusedAndStaysOpen) {
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  for (const std::string target :
       {"fd:" + std::to_string(pipes[0]), std::string("fd:9999"), std::string("fd:x")}) {
    polycall_status status = POLYCALL_STATUS_INIT;
    EXPECT_EQ(polycall_server_listen(server, target.c_str(), nullptr, 0, &status),
              POLYCALL_INVALID_ARGUMENT);
    EXPECT_NE(std::string(status.message).find(target), std::string::npos) << status.message;
    polycall_status_clear(&status);
  }
  EXPECT_EQ(close(pipes[0]), 0);
  close(pipes[1]);
  polycall_server_free(server);
}

}  // namespace
}  // namespace polycall::transport
