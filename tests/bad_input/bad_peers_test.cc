// Peers that speak the protocol and behave badly all the same: no reading, no staying, no end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "raw_peer.h"
#include "test_server.h"

namespace polycall::bad_input {
namespace {

using call::FrameHeader;
using call::FrameType;

// Waits for what must come true.
bool Eventually(const std::function<bool()>& done) {
  for (int waited = 0; waited < kWaitMs; waited += 5) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return done();
}

int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * 4096;
}

int OpenFiles() {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

std::string NamedCall(const char* method, uint32_t call_id, std::string_view message) {
  FrameHeader header;
  header.type = FrameType::kCall;
  header.flags = call::kFlagEnd | call::kFlagMessage | call::kFlagNamed;
  header.method = call::kNamedMethod;
  header.call_id = call_id;
  const std::string path = std::string("bad.Echo/") + method;
  std::string body = {static_cast<char>(path.size()), 0};
  return FrameBytes(header, (body += path).append(message));
}

// A call of bad.Echo with a deadline, so that a stall becomes a failure.
polycall_call* StartCall(polycall_channel* channel, const char* name, polycall_kind kind) {
  polycall_method_descriptor method = {};
  method.struct_size = sizeof(method);
  method.name = name;
  method.kind = kind;
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.timeout_ns = int64_t{kWaitMs} * 1'000'000;
  return polycall_call_start(channel, polycall_channel_method(channel, "bad.Echo", &method),
                             &options);
}

class BadPeers : public testing::TestWithParam<const char*> {
 protected:
  const std::string& target() const { return server_.Target(GetParam()); }

  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(, BadPeers, testing::Values("unix", "tcp"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(BadPeers, APeerThatStopsReadingHoldsItsOwnCallOnly) {
  {
    RawPeer peer = RawPeer::Greeted(target());
    // All the credit that there is, so that nothing but the socket and the server's own bounds hold
    // the flood back.
    FrameHeader credit;
    credit.type = FrameType::kCredit;
    credit.argument = 1 << 30;
    ASSERT_TRUE(peer.Send(NamedCall("Flood", 0x10000, std::string(64 << 10, 'x'))));
    ASSERT_TRUE(peer.Send(FrameBytes(credit)));
    credit.call_id = 0x10000;
    ASSERT_TRUE(peer.Send(FrameBytes(credit)));
    const int64_t before = ResidentBytes();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(Answers(target())) << "a peer that does not read stalls others";
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_LT(ResidentBytes() - before, 96 << 20) << "what is not read piles up";
  }
  EXPECT_TRUE(Eventually([&] { return server_.floods_ended() == 1; }))
      << "the handler of a peer that is gone goes on";
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadPeers, UnaryCallsWhoseAnswersAreNotReadHoldTheirOwnConnectionOnly) {
  RawPeer peer = RawPeer::Greeted(target());
  const std::string message(256 << 10, 'x');
  const int64_t before = ResidentBytes();
  // Fresh generations of 64 slots, sent until the server takes no more, at most 1 GiB.
  std::string pending;
  size_t sent = 0;
  for (uint32_t i = 0; i < 4096; ++i) {
    pending += NamedCall("Unary", (1 + i / 64) << 16 | i % 64, message);
    for (int tries = 0; !pending.empty() && tries < 50; ++tries) {
      const size_t part = peer.SendWhatFits(pending);
      sent += part;
      pending.erase(0, part);
      if (part == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (!pending.empty()) break;
  }
  EXPECT_TRUE(Answers(target()));
  EXPECT_LT(ResidentBytes() - before, 256 << 20)
      << "answers that nobody reads pile up: " << sent << " bytes of requests were taken";
}

TEST_P(BadPeers, TenThousandConnectionsOpenedAndDroppedLeaveNothingBehind) {
  ASSERT_TRUE(Answers(target()));
  const int files = OpenFiles();
  const std::string opening = Opening();
  for (int i = 0; i < 10000; ++i) {
    RawPeer peer = RawPeer::Connect(target());
    ASSERT_TRUE(peer.ok()) << "connection " << i;
    // Dropped at every stage: nothing said, half a preface, a whole opening that is not awaited.
    if (i % 3 == 1) peer.SendWhatFits("Poly");
    if (i % 3 == 2) peer.SendWhatFits(opening);
  }
  EXPECT_TRUE(Eventually([&] { return server_.Stats().connections_open == 0; }))
      << server_.Stats().connections_open << " connections are still open";
  EXPECT_TRUE(Answers(target()));
  EXPECT_TRUE(Eventually([&] { return OpenFiles() <= files + 2; }))
      << OpenFiles() << " files are open, " << files << " were before";
  EXPECT_GE(server_.Stats().connections_accepted, 10000u);
}

// The end may come to the server in one event with the last bytes, of which it is told once.
TEST_P(BadPeers, PeersThatCallAndCloseInTheSameMomentAreForgotten) {
  for (int i = 0; i < 300; ++i) {
    RawPeer peer = RawPeer::Greeted(target());
    ASSERT_TRUE(peer.ok());
    std::string bytes = NamedCall("Unary", 0x10000, std::string(i * 700, 'x'));
    if (i % 3 == 1) bytes += bytes.substr(0, bytes.size() / 2);  // and half of another one
    peer.SendWhatFits(bytes);
    if (i % 3 == 2) peer.HalfClose();
  }
  EXPECT_TRUE(Eventually([&] { return server_.Stats().connections_open == 0; }))
      << server_.Stats().connections_open << " connections are still open";
  EXPECT_TRUE(Answers(target()));
}

// The thread that was told of the end may lose the lead to a handler before it has read all that came
// before the end.
TEST_P(BadPeers, PeersThatCloseBehindAHandlerThatBlocksAreForgotten) {
  for (uint32_t i = 0; i < 200; ++i) {
    RawPeer peer = RawPeer::Greeted(target());
    ASSERT_TRUE(peer.ok());
    // Its handler waits for messages. What follows is more than one read takes.
    FrameHeader header;
    header.type = FrameType::kCall;
    header.flags = call::kFlagNamed;
    header.method = call::kNamedMethod;
    header.call_id = 0x10000;
    const std::string path = "bad.Echo/Collect";
    std::string bytes = FrameBytes(header, std::string({static_cast<char>(path.size()), 0}) + path);
    bytes += NamedCall("Unary", 0x10001, std::string(132'000 + i * 64, 'x'));
    peer.SendWhatFits(bytes);
    if (i % 2 == 1) peer.HalfClose();
  }
  EXPECT_TRUE(Eventually([&] { return server_.Stats().connections_open == 0; }))
      << server_.Stats().connections_open << " connections are still open";
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadPeers, RequestsThatAreReadInManyRoundsAreAllAnswered) {
  RawPeer peer = RawPeer::Greeted(target());
  // More than a leader reads in one go before it looks at others, and nothing behind it that would tell
  // of what is left.
  constexpr uint32_t kCalls = 40;
  const std::string message(100 << 10, 'x');
  std::thread writer([&] {
    for (uint32_t i = 0; i < kCalls; ++i) {
      ASSERT_TRUE(peer.Send(NamedCall("Unary", 0x10000 + i, message)));
    }
  });
  uint32_t answers = 0;
  while (answers < kCalls && peer.ReadAnswer().has_value()) ++answers;
  writer.join();
  EXPECT_EQ(answers, kCalls);
}

// A leader that was set aside while it answered looks for what came meanwhile, of which it may be told again.
TEST_P(BadPeers, RequestsThatComeWhileOthersAreAnsweredAreAllAnswered) {
  RawPeer peer = RawPeer::Greeted(target());
  constexpr uint32_t kRounds = 200;
  constexpr uint32_t kSlots = 32;
  std::atomic<uint32_t> answers{0};
  std::thread writer([&] {
    for (uint32_t i = 0; i < kRounds * kSlots; ++i) {
      // A slot is free once its answer came. In between one to four requests are under way, so that the
      // next one comes now before, now after the server waits.
      const uint32_t wanted = i % kSlots == 0 ? i : i - std::min(i % kSlots, i / kSlots % 4);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(kWaitMs);
      while (answers < wanted) {
        if (std::chrono::steady_clock::now() > give_up) return;
        std::this_thread::yield();
      }
      if (!peer.Send(NamedCall("Unary", 0x10000 + i % kSlots, "request"))) return;
    }
  });
  while (answers < kRounds * kSlots && peer.ReadAnswer().has_value()) ++answers;
  writer.join();
  EXPECT_EQ(answers, kRounds * kSlots);
  EXPECT_TRUE(Answers(target()));
}

TEST_P(BadPeers, ConnectionsBeyondTheLimitAreClosedAndTheOthersGoOn) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.max_connections = 4;
  TestServer small(options);
  const std::string& target = small.Target(GetParam());
  std::vector<RawPeer> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(RawPeer::Greeted(target));
  {
    RawPeer fifth = RawPeer::Connect(target);
    fifth.Send(Opening());
    EXPECT_TRUE(fifth.ReadsEnd());
  }
  ASSERT_TRUE(peers[0].Send(NamedCall("Unary", 0x10000, "hello")));
  const auto answer = peers[0].ReadAnswer();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->header.type, FrameType::kStatus);
  EXPECT_EQ(answer->body, "hello");
  peers.clear();
  EXPECT_TRUE(Eventually([&] { return CallOnce(target, "x").code == POLYCALL_OK; }));
}

TEST_P(BadPeers, MoreStreamBytesThanTheCreditEndTheConnection) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.call_window = 4096;
  options.limits.connection_window = 8192;
  TestServer small(options);
  RawPeer peer = RawPeer::Greeted(small.Target(GetParam()));
  // Flood reads no stream, so credit is never returned: an honest caller would stop after the window.
  FrameHeader call;
  call.type = FrameType::kCall;
  call.flags = call::kFlagMessage | call::kFlagNamed;
  call.method = call::kNamedMethod;
  call.call_id = 0x10000;
  const std::string path = "bad.Echo/Flood";
  ASSERT_TRUE(
      peer.Send(FrameBytes(call, std::string({static_cast<char>(path.size()), 0}) + path + "x")));
  FrameHeader message;
  message.type = FrameType::kMessage;
  message.flags = call::kFlagMessage;
  message.call_id = 0x10000;
  const std::string bytes = FrameBytes(message, std::string(1024, 'x'));
  const int64_t before = ResidentBytes();
  for (int i = 0; i < 64 << 10; ++i) {
    if (!peer.Send(bytes)) break;
    char sink[65536];
    while (recv(peer.fd(), sink, sizeof(sink), MSG_DONTWAIT) > 0) {
    }
  }
  EXPECT_LT(ResidentBytes() - before, 32 << 20) << "what exceeds its credit is kept";
  EXPECT_TRUE(Answers(small.Target(GetParam())));
}

// The messages of a short stream are mostly read when its status is there already.
TEST_P(BadPeers, ShortStreamsThatAreReadAfterTheirEndGiveTheirCreditBack) {
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits.call_window = 64 << 10;
  options.limits.connection_window = 128 << 10;
  polycall_channel* channel = polycall_channel_new(target().c_str(), &options, nullptr);
  ASSERT_NE(channel, nullptr);
  const std::string bytes(8 << 10, 'x');
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  for (int i = 0; i < 200 && !HasFailure(); ++i) {
    polycall_call* call = StartCall(channel, "Repeat", POLYCALL_SERVER_STREAMING);
    polycall_call_send(call, &message, POLYCALL_SEND_HALF_CLOSE, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    polycall_message got = POLYCALL_MESSAGE_INIT;
    int count = 0;
    // Every third call is left unread.
    while (i % 3 != 0 && polycall_call_receive(call, &got) == 1) {
      ++count;
      polycall_message_release(&got);
    }
    polycall_status status = POLYCALL_STATUS_INIT;
    EXPECT_EQ(polycall_call_wait(call, &status, nullptr), POLYCALL_OK)
        << "call " << i << ": " << status.message;
    EXPECT_EQ(count, i % 3 == 0 ? 0 : 4);
    polycall_status_clear(&status);
    polycall_call_release(call);
  }
  polycall_channel_free(channel);
}

// Messages that arrive for a call that has ended, or that its handler never took, cost the connection's
// credit all the same. It must come back, or streams stop for ever once a window is used up.
TEST_P(BadPeers, CallsThatEndEarlyDoNotUseUpTheConnectionsCredit) {
  polycall_server_options options = TestServer::Defaults();
  options.limits.call_window = 64 << 10;
  options.limits.connection_window = 128 << 10;
  TestServer small(options);
  polycall_channel* channel =
      polycall_channel_new(small.Target(GetParam()).c_str(), nullptr, nullptr);
  ASSERT_NE(channel, nullptr);
  const std::string bytes(8 << 10, 'x');
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  for (int i = 0; i < 200; ++i) {
    polycall_call* call = StartCall(channel, "Ignore", POLYCALL_CLIENT_STREAMING);
    while (polycall_call_send(call, &message, 0, nullptr) == POLYCALL_OK) {
    }
    polycall_status status = POLYCALL_STATUS_INIT;
    EXPECT_EQ(polycall_call_wait(call, &status, nullptr), POLYCALL_OK)
        << "call " << i << ": " << status.message;
    polycall_status_clear(&status);
    polycall_call_release(call);
    if (HasFailure()) break;
  }
  // And a stream that is read still gets through, more than a window of it.
  polycall_call* call = StartCall(channel, "Collect", POLYCALL_CLIENT_STREAMING);
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    EXPECT_EQ(polycall_call_send(call, &message, 0, nullptr), POLYCALL_OK) << "message " << i;
  }
  polycall_call_half_close(call);
  EXPECT_EQ(polycall_call_wait(call, nullptr, nullptr), POLYCALL_OK);
  polycall_call_release(call);
  polycall_channel_free(channel);
}

// A drain met a connection between its connect and its HELLO: GO_AWAY came where ACCEPT had to, the
// caller took it for a refused handshake, and its call failed although another server would have had it.
TEST(DrainingServer, ADrainThatMeetsAHandshakeLetsItEndFirst) {
  TestServer server;
  RawPeer early = RawPeer::Connect(server.Target("unix"));
  RawPeer greeted = RawPeer::Greeted(server.Target("unix"));
  ASSERT_TRUE(early.ok() && greeted.ok());
  ASSERT_TRUE(early.Send(Opening().substr(0, 4)));
  std::thread shutdown([&] { polycall_server_shutdown(server.get(), 20'000'000'000); });
  const auto away = greeted.ReadAnswer();
  ASSERT_TRUE(early.Send(Opening().substr(4)));
  const auto accept = early.ReadAnswer();
  const auto away_too = early.ReadAnswer();
  early.HalfClose();
  greeted.HalfClose();
  shutdown.join();
  ASSERT_TRUE(away && accept && away_too);
  EXPECT_EQ(away->header.type, call::FrameType::kGoAway);
  EXPECT_EQ(accept->header.type, call::FrameType::kAccept);
  EXPECT_EQ(away_too->header.type, call::FrameType::kGoAway);
}

}  // namespace
}  // namespace polycall::bad_input
