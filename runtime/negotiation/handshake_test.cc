#include "negotiation/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "base/wire.h"

namespace polycall::negotiation {
namespace {

using base::WireWriter;
using testing::HasSubstr;
using testing::StartsWith;

Hello FullHello() {
  Hello hello;
  hello.min_version = 1;
  hello.max_version = 3;
  hello.limits = {16 << 20, 16384, 4096, 262144, 16 << 20};
  hello.features = {"alpha", "beta"};
  hello.user_agent = "calc/1.0 h\u00e9";
  hello.host = {"boot", "process", 4026531840, 1000};
  hello.transports = {"inproc", "unix", "tcp"};
  hello.compressions = {"zstd"};
  hello.services = {{"calc.v1.Calc", 0xfedcba9876543210, {}}};
  return hello;
}

Accept FullAccept() {
  Accept accept;
  accept.version = 1;
  accept.limits = {UINT64_MAX, UINT32_MAX, 1, 2, 3};
  accept.features = {"alpha"};
  accept.server_name = "calc-server";
  accept.host = {"boot", "other", 1, 0};
  accept.offers = {{"unix", "unix:/run/calc.sock"}, {"tcp", "tcp://127.0.0.1:4711"}};
  accept.compression = "zstd";
  accept.services = {{"calc.v1.Calc", 7, {{"Add", 0, 1}, {"Sum", 1, 0}, {"Chat", 3, 4}}},
                     {"calc.v1.Empty", 0, {}}};
  return accept;
}

template <typename Message>
std::string ErrorOf(std::string_view bytes) {
  Message message;
  std::string error;
  return Decode(bytes, &message, &error) ? "" : error;
}

TEST(Handshake, AHelloSurvivesTheWire) {
  Hello decoded;
  std::string error;
  ASSERT_TRUE(Decode(Encode(FullHello()), &decoded, &error)) << error;
  EXPECT_EQ(decoded, FullHello());
}

TEST(Handshake, AnAcceptSurvivesTheWire) {
  Accept decoded;
  std::string error;
  ASSERT_TRUE(Decode(Encode(FullAccept()), &decoded, &error)) << error;
  EXPECT_EQ(decoded, FullAccept());
}

TEST(Handshake, AnEmptyMessageIsAllDefaults) {
  Hello decoded = FullHello();
  std::string error;
  ASSERT_TRUE(Decode("", &decoded, &error));
  EXPECT_EQ(decoded, Hello());
}

TEST(Handshake, UnknownFieldsAreSkippedAtEveryDepth) {
  std::string limits;
  WireWriter limits_writer(&limits);
  limits_writer.AddBytes(100, "from the future");
  limits_writer.AddVarint(3, 17);
  std::string bytes;
  WireWriter writer(&bytes);
  writer.AddFixed64(1000, 1);
  writer.AddVarint(1, 2);
  writer.AddMessage(3, limits);
  writer.AddBytes(1, "field 1 with another wire type");
  bytes += "\x9b\x06\x08\x01\x9c\x06";  // group 99

  Hello hello;
  std::string error;
  ASSERT_TRUE(Decode(bytes, &hello, &error)) << error;
  EXPECT_EQ(hello.min_version, 2u);
  EXPECT_EQ(hello.limits.max_calls, 17u);
}

TEST(Handshake, AMethodKindOfALaterVersionIsKept) {
  Accept accept;
  accept.services = {{"s", 0, {{"m", 9, 0x80000000u}, {"n", -1, 0}}}};
  Accept decoded;
  std::string error;
  ASSERT_TRUE(Decode(Encode(accept), &decoded, &error)) << error;
  EXPECT_EQ(decoded, accept);
}

TEST(Handshake, AStringThatIsTooLongIsRefusedByName) {
  Hello hello = FullHello();
  hello.user_agent.assign(kMaxStringSize, 'x');
  EXPECT_EQ(ErrorOf<Hello>(Encode(hello)), "");
  hello.user_agent += 'x';
  EXPECT_EQ(ErrorOf<Hello>(Encode(hello)), "Hello.user_agent: longer than 4096 bytes");
}

TEST(Handshake, AStringThatIsNotUtf8IsRefusedByName) {
  Accept accept = FullAccept();
  accept.services[0].methods[1].name = "\xff";
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "Accept.services.methods.name: not UTF-8");
  accept = FullAccept();
  accept.offers[0].address = "\xc3";
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "Accept.offers.address: not UTF-8");
}

TEST(Handshake, ListsAreBounded) {
  Hello hello;
  hello.features.resize(kMaxListSize);
  EXPECT_EQ(ErrorOf<Hello>(Encode(hello)), "");
  hello.features.resize(kMaxListSize + 1);
  EXPECT_EQ(ErrorOf<Hello>(Encode(hello)), "Hello.features: more than 64 entries");
  hello = {};
  hello.transports.resize(kMaxListSize + 1);
  EXPECT_EQ(ErrorOf<Hello>(Encode(hello)), "Hello.transports: more than 64 entries");
  Accept accept;
  accept.offers.resize(kMaxListSize + 1);
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "Accept.offers: more than 64 entries");
}

TEST(Handshake, ServicesAreBounded) {
  Accept accept;
  accept.services.resize(kMaxServices);
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "");
  accept.services.resize(kMaxServices + 1);
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "Accept.services: more than 1024 entries");
}

TEST(Handshake, MethodsAreBoundedOverAllServicesTogether) {
  Accept accept;
  accept.services.resize(2);
  accept.services[0].methods.resize(kMaxMethods - 1);
  accept.services[1].methods.resize(1);
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)), "");
  accept.services[1].methods.resize(2);
  EXPECT_EQ(ErrorOf<Accept>(Encode(accept)),
            "Accept.services.methods: more than 65535 in all services");
}

TEST(Handshake, MalformedBytesAreRefusedWithMessageAndPlace) {
  EXPECT_EQ(ErrorOf<Hello>("\x08\x01\x2a\x05tiny"),
            "Hello: malformed protobuf at byte 2: a length runs past the end");
  std::string bytes;
  WireWriter(&bytes).AddMessage(6, "\x0a");
  EXPECT_EQ(ErrorOf<Hello>(bytes), "Hello.host: malformed protobuf at byte 0: a varint is cut off");
}

TEST(Handshake, EveryCutEndsInAnErrorOrAShorterMessage) {
  const std::string bytes = Encode(FullAccept());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<long>(size));
    Accept accept;
    std::string error;
    if (!Decode({cut.data(), cut.size()}, &accept, &error)) {
      EXPECT_THAT(error, StartsWith("Accept"));
    } else {
      EXPECT_NE(accept, FullAccept());
    }
  }
}

TEST(HostIdentity, IsTheSameForEveryThreadOfAProcess) {
  const HostIdentity here = ThisHost();
  EXPECT_EQ(here.process.size(), 32u);
  EXPECT_EQ(here.uid, geteuid());
  std::vector<HostIdentity> seen(8);
  std::vector<std::thread> threads;
  for (HostIdentity& identity : seen) threads.emplace_back([&] { identity = ThisHost(); });
  for (std::thread& thread : threads) thread.join();
  for (const HostIdentity& identity : seen) EXPECT_EQ(identity, here);
  EXPECT_TRUE(IsSameProcess(here, seen[0]));
}

TEST(HostIdentity, AForkedChildIsAnotherProcessOnTheSameHost) {
  const HostIdentity parent = ThisHost();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const HostIdentity child = ThisHost();
    const bool same_twice = ThisHost().process == child.process;
    const std::string line = (same_twice ? "" : "changing") + child.process + child.boot_id;
    const ssize_t wrote = write(ends[1], line.data(), line.size());
    _exit(wrote == static_cast<ssize_t>(line.size()) ? 0 : 1);
  }
  close(ends[1]);
  char line[256];
  pollfd wait = {ends[0], POLLIN, 0};
  ASSERT_EQ(poll(&wait, 1, 30000), 1);
  const ssize_t got = read(ends[0], line, sizeof(line));
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
  const std::string said(line, got > 0 ? static_cast<size_t>(got) : 0);
  ASSERT_EQ(said.size(), 32 + parent.boot_id.size());
  EXPECT_NE(said.substr(0, 32), parent.process);
  EXPECT_EQ(said.substr(32), parent.boot_id);
}

TEST(HostIdentity, TheUnknownEqualsNothing) {
  const HostIdentity unknown;
  EXPECT_FALSE(IsSameProcess(unknown, unknown));
  EXPECT_FALSE(IsSameHost(unknown, unknown));
  EXPECT_FALSE(IsSameNetwork(unknown, unknown));
  EXPECT_FALSE(IsSameNetwork({"boot", "p", 1, 0}, {"other boot", "p", 1, 0}));
  EXPECT_TRUE(IsSameNetwork({"boot", "p", 1, 0}, {"boot", "q", 1, 0}));
}

}  // namespace
}  // namespace polycall::negotiation
