// Targets that cannot be: every one gives a clear error, and nothing is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using testing::HasSubstr;

Outcome Listen(polycall_server* server, const std::string& target) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_listen(server, target.c_str(), nullptr, 0, &status);
  const Outcome outcome = {status.code, status.message == nullptr ? "" : status.message, ""};
  polycall_status_clear(&status);
  return outcome;
}

TEST(BadTargets, WhatDoesNotParseIsRefusedByChannelsWithTheTargetInTheText) {
  for (const std::string target :
       {"", "unix:", "tcp://", "tcp://host", "tcp://host:", "tcp://host:99999", "tcp://host:port",
        "tcp://host:-1", "nonsense", "ftp://host:21", "tcp://[::1:80", "://", ":", "inproc:"}) {
    SCOPED_TRACE(target);
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_channel* channel = polycall_channel_new(target.c_str(), nullptr, &status);
    EXPECT_EQ(channel, nullptr);
    EXPECT_EQ(status.code, POLYCALL_INVALID_ARGUMENT);
    ASSERT_NE(status.message, nullptr);
    EXPECT_THAT(status.message, HasSubstr(target));
    EXPECT_GT(strlen(status.message), target.size() + 10) << "says what, but not why";
    polycall_status_clear(&status);
    polycall_channel_free(channel);
  }
}

TEST(BadTargets, WhatDoesNotParseIsRefusedByServersAndTheyGoOn) {
  TestServer server;
  for (const std::string target : {"", "unix:", "tcp://", "tcp://host", "tcp://127.0.0.1:99999",
                                   "tcp://127.0.0.1:http!", "nonsense", "inproc:"}) {
    SCOPED_TRACE(target);
    const Outcome outcome = Listen(server.get(), target);
    EXPECT_EQ(outcome.code, POLYCALL_INVALID_ARGUMENT);
    EXPECT_THAT(outcome.message, HasSubstr(target));
  }
  EXPECT_TRUE(Answers(server.Target("unix")));
}

TEST(BadTargets, ASocketPathThatIsTooLongNamesTheBound) {
  TestServer server;
  const std::string target = "unix:/tmp/" + std::string(200, 'x');
  const Outcome outcome = Listen(server.get(), target);
  EXPECT_EQ(outcome.code, POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(outcome.message, HasSubstr("107"));
  polycall_status status = POLYCALL_STATUS_INIT;
  EXPECT_EQ(polycall_channel_new(target.c_str(), nullptr, &status), nullptr);
  EXPECT_EQ(status.code, POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(status.message, HasSubstr("107"));
  polycall_status_clear(&status);
}

TEST(BadTargets, AFileThatIsNoSocketIsNotReplaced) {
  TestServer server;
  TemporaryFolder folder;
  const std::string path = folder.path() + "/precious";
  std::ofstream(path) << "data";
  const Outcome outcome = Listen(server.get(), "unix:" + path);
  EXPECT_NE(outcome.code, POLYCALL_OK);
  EXPECT_THAT(outcome.message, HasSubstr(path));
  std::string content;
  std::ifstream(path) >> content;
  EXPECT_EQ(content, "data");
}

TEST(BadTargets, ASocketThatSomebodyListensOnIsNotReplaced) {
  TestServer first, second;
  for (const char* transport : {"unix", "tcp"}) {
    SCOPED_TRACE(transport);
    const Outcome outcome = Listen(second.get(), first.Target(transport));
    EXPECT_EQ(outcome.code, POLYCALL_ALREADY_EXISTS) << outcome.message;
    const std::string& target = first.Target(transport);
    EXPECT_THAT(outcome.message, HasSubstr(target.substr(target.rfind('/') + 1)));
    EXPECT_TRUE(Answers(first.Target(transport)));
  }
}

TEST(BadTargets, ASocketFileThatNobodyListensOnIsReplaced) {
  TestServer server;
  TemporaryFolder folder;
  const std::string path = folder.path() + "/stale";
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.c_str(), path.size());
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(fd);  // the file stays, as after a crash
  EXPECT_EQ(Listen(server.get(), "unix:" + path).code, POLYCALL_OK);
  EXPECT_TRUE(Answers("unix:" + path));
}

TEST(BadTargets, AFolderThatIsNotThereIsNamed) {
  TestServer server;
  const Outcome outcome = Listen(server.get(), "unix:/no/such/folder/socket");
  EXPECT_NE(outcome.code, POLYCALL_OK);
  EXPECT_THAT(outcome.message, HasSubstr("/no/such/folder/socket"));
}

TEST(BadTargets, ACallToNobodyIsUnavailableAndNamesTheTarget) {
  TemporaryFolder folder;
  const std::string path = folder.path() + "/nobody";
  const Outcome outcome = CallOnce("unix:" + path, "x");
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, HasSubstr(path));
}

}  // namespace
}  // namespace polycall::bad_input
