// Moves to a better way, with calls under way.
#include <gtest/gtest.h>

#include <fstream>

#include "load.h"

namespace polycall::rewiring {
namespace {

// "tcp://127.0.0.1:4711" as a target that leaves the transport open.
std::string Negotiated(const std::string& address) {
  return address.substr(std::string("tcp://").size());
}

void WriteByRename(const std::string& path, const std::string& text) {
  {
    std::ofstream file(path + ".new");
    file << text;
  }
  ASSERT_EQ(rename((path + ".new").c_str(), path.c_str()), 0);
}

TEST(Moving, FromTcpToUnixOnceTheServerListensThere) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {});
  Channel channel(Negotiated(server.Listen("tcp://127.0.0.1:0")), {.transports = {"unix", "tcp"}});
  Load load(&channel, &ledger);
  load.Await(kManyCalls);
  EXPECT_EQ(channel.transport(), "tcp");
  server.Listen("unix:" + (folder / "s"));
  EXPECT_TRUE(Eventually([&] { return channel.transport() == "unix"; }));
  load.Await(kManyCalls);
  load.ExpectAllAnswered();
  // What it left is closed.
  EXPECT_TRUE(Eventually([&] { return server.connections() == 1; }));
}

TEST(Moving, FromTcpToSharedMemoryOnceTheServerListensOnUnix) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {});
  Channel channel(Negotiated(server.Listen("tcp://127.0.0.1:0")));
  Load load(&channel, &ledger);
  load.Await(kManyCalls);
  EXPECT_EQ(channel.transport(), "tcp");
  server.Listen("unix:" + (folder / "s"));
  EXPECT_TRUE(Eventually([&] { return channel.transport() == "shm"; })) << channel.Explain();
  load.Await(kManyCalls);
  load.ExpectAllAnswered();
  EXPECT_TRUE(Eventually([&] { return server.connections() == 1; }));
}

TEST(Moving, FromUnixToSharedMemoryOnceTheServersSuccessorAllowsIt) {
  Folder folder;
  Ledger ledger;
  const std::string target = "unix:" + (folder / "s");
  auto first = std::make_unique<CountingServer>(
      &ledger, CountingServer::Options{.name = "first", .transports = {"unix"}});
  first->Listen(target);
  Channel channel("list:" + target);
  Load load(&channel, &ledger, POLYCALL_CALL_WAIT_FOR_READY);
  load.AwaitAnswerOf("first");
  EXPECT_EQ(channel.transport(), "unix");
  first->Shutdown();
  CountingServer second(&ledger, {.name = "second"});
  second.Listen(target);
  load.AwaitAnswerOf("second");
  EXPECT_TRUE(Eventually([&] { return channel.transport() == "shm"; })) << channel.Explain();
  load.ExpectAllAnswered();
}

TEST(Moving, FromTcpToTheServerOfThisProcess) {
  Ledger ledger;
  CountingServer server(&ledger, {});
  Channel channel(Negotiated(server.Listen("tcp://127.0.0.1:0")),
                  {.transports = {"inproc", "tcp"}});
  Load load(&channel, &ledger);
  load.Await(kManyCalls);
  EXPECT_EQ(channel.transport(), "tcp");
  server.Listen("inproc:moving-to-inproc");
  EXPECT_TRUE(Eventually([&] { return channel.transport() == "inproc"; }));
  load.Await(kManyCalls);
  load.ExpectAllAnswered();
}

TEST(Moving, AnOfferThatCannotBeReachedLeavesWhatWorks) {
  Folder folder;
  Ledger ledger;
  CountingServer server(&ledger, {});
  // It looks for something better every two seconds: not just while the offer can be reached.
  Channel channel(Negotiated(server.Listen("tcp://127.0.0.1:0")),
                  {.transports = {"unix", "tcp"}, .rewire_interval_ns = 2'000'000'000});
  Load load(&channel, &ledger);
  load.Await(1);
  server.Listen("unix:" + (folder / "gone"));
  ASSERT_EQ(unlink((folder / "gone").c_str()), 0);
  load.Await(kManyCalls);
  // Told, and no harm done.
  EXPECT_TRUE(Eventually([&] {
    return channel.Explain().find("No such file") != std::string::npos;
  })) << channel.Explain();
  load.Await(kManyCalls);
  load.ExpectAllAnswered();
}

TEST(Moving, ToAPreferredAddressThatAppears) {
  Folder folder;
  Ledger ledger;
  CountingServer second(&ledger, {.name = "second"});
  second.Listen("unix:" + (folder / "second"));
  Channel channel("list:unix:" + (folder / "first") + ",unix:" + (folder / "second"));
  Load load(&channel, &ledger);
  load.AwaitAnswerOf("second");
  CountingServer first(&ledger, {.name = "first"});
  first.Listen("unix:" + (folder / "first"));
  load.AwaitAnswerOf("first");
  EXPECT_TRUE(Eventually([&] { return second.connections() == 0; }));
  load.ExpectAllAnswered();
}

TEST(Moving, FollowsAFileThatIsRenamedIntoItsPlace) {
  Folder folder;
  Ledger ledger;
  CountingServer one(&ledger, {.name = "one"});
  CountingServer two(&ledger, {.name = "two"});
  const std::string first = one.Listen("unix:" + (folder / "one"));
  const std::string second = two.Listen("tcp://127.0.0.1:0");
  WriteByRename(folder / "targets", first + "\n");
  Channel channel("file://" + (folder / "targets"));
  Load load(&channel, &ledger);
  load.AwaitAnswerOf("one");
  for (int i = 0; i < 3; ++i) {
    WriteByRename(folder / "targets", second + "\n");
    load.AwaitAnswerOf("two");
    WriteByRename(folder / "targets", "# as before\n" + first + "\n");
    load.AwaitAnswerOf("one");
  }
  load.ExpectAllAnswered();
  EXPECT_TRUE(Eventually([&] { return two.connections() == 0; }));
}

TEST(Moving, KeepsAnAddressThatIsNoLongerNamedUntilAnotherAnswers) {
  Folder folder;
  Ledger ledger;
  CountingServer one(&ledger, {.name = "one"});
  const std::string first = one.Listen("unix:" + (folder / "one"));
  WriteByRename(folder / "targets", first + "\n");
  Channel channel("file://" + (folder / "targets"));
  Load load(&channel, &ledger);
  load.AwaitAnswerOf("one");
  WriteByRename(folder / "targets", "unix:" + (folder / "two") + "\n");
  load.Await(kManyCalls);
  CountingServer two(&ledger, {.name = "two"});
  two.Listen("unix:" + (folder / "two"));
  load.AwaitAnswerOf("two");
  load.ExpectAllAnswered();
}

}  // namespace
}  // namespace polycall::rewiring
