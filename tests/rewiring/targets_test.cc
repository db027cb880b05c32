// Targets that stand for several ends: what they resolve to, and what is wrong with those that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "load.h"

namespace polycall::rewiring {
namespace {

using testing::HasSubstr;

std::string ErrorOf(const std::string& target) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_channel* channel = polycall_channel_new(target.c_str(), nullptr, &status);
  EXPECT_EQ(channel, nullptr) << target;
  polycall_channel_free(channel);
  std::string text = status.code == POLYCALL_INVALID_ARGUMENT ? status.message : "";
  polycall_status_clear(&status);
  return text;
}

TEST(Targets, TheErrorSaysWhatToWrite) {
  EXPECT_THAT(ErrorOf("list:"), HasSubstr("write list:TARGET,TARGET"));
  EXPECT_THAT(ErrorOf("list:unix:/a,,unix:/b"), HasSubstr("empty entry"));
  EXPECT_THAT(ErrorOf("list:unix:/a,unix:/a"), HasSubstr("stands twice"));
  EXPECT_THAT(ErrorOf("list:unix:/a,nonsense"), HasSubstr("\"nonsense\" is no target"));
  EXPECT_THAT(ErrorOf("list:dns:///host:80"), HasSubstr("names a resolver itself"));
  EXPECT_THAT(ErrorOf("dns:///host"), HasSubstr("write dns:///host:port"));
  EXPECT_THAT(ErrorOf("dns:///:80"), HasSubstr("write dns:///host:port"));
  EXPECT_THAT(ErrorOf("file:///"), HasSubstr("write file:///path/to/file"));
  EXPECT_THAT(ErrorOf("polycall:///"), HasSubstr("write polycall:///name"));
  EXPECT_THAT(ErrorOf("polycall:///a/b"), HasSubstr("write polycall:///name"));
}

TEST(Targets, DnsReachesTheHostOfTheName) {
  Ledger ledger;
  CountingServer server(&ledger, {.name = "here"});
  const std::string address = server.Listen("tcp://127.0.0.1:0");
  Channel channel("dns:///127.0.0.1:" + address.substr(address.rfind(':') + 1));
  EXPECT_EQ(channel.Ask(), "here");
  EXPECT_THAT(channel.Explain(), HasSubstr("\"addresses\":[{\"target\":\"127.0.0.1:"));
}

TEST(Targets, ANameThatDoesNotExistIsTheCallsError) {
  Channel channel("dns:///no..host:80");
  EXPECT_THAT(channel.Ask(0), HasSubstr("no..host"));
}

TEST(Targets, AFileThatIsMissingIsTheCallsError) {
  Folder folder;
  Channel channel("file://" + (folder / "missing"));
  const std::string error = channel.Ask(0);
  EXPECT_THAT(error, HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(error, HasSubstr(folder / "missing"));
}

TEST(Targets, ACallThatWaitsForReadyWaitsForTheFile) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {.name = "late"});
  const std::string target = server.Listen("unix:" + (folder / "s"));
  Channel channel("file://" + (folder / "targets"));
  std::string answer;
  std::thread caller([&] { answer = channel.Ask(); });
  std::ofstream(folder / "targets") << "# nothing\n";
  std::ofstream(folder / "targets") << target << "\n";
  caller.join();
  EXPECT_EQ(answer, "late");
}

TEST(Targets, ABadLineOfAFileIsNamedInTheLogAndSkipped) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {.name = "good"});
  std::ofstream(folder / "targets")
      << "# two lines\n\nnonsense\n  " + server.Listen("unix:" + (folder / "s")) + "  \r\n";
  static std::string log;
  static std::mutex mutex;
  log.clear();
  polycall_log_set(
      POLYCALL_LOG_WARNING,
      [](void*, polycall_log_level, const char* text) {
        const std::lock_guard lock(mutex);
        log += std::string(text) + "\n";
      },
      nullptr);
  {
    Channel channel("file://" + (folder / "targets"));
    EXPECT_EQ(channel.Ask(), "good");
  }
  polycall_log_set(POLYCALL_LOG_WARNING, nullptr, nullptr);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(log, HasSubstr((folder / "targets") + ":3:"));
  EXPECT_THAT(log, HasSubstr("\"nonsense\" is no target"));
}

}  // namespace
}  // namespace polycall::rewiring
