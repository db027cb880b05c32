// The three streaming kinds: what is received is what was sent, and a sender waits for its reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "client.h"
#include "echo_server.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(TransportConformance, AClientStreamIsReceivedToItsEnd) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_CLIENT_STREAMING);
  EXPECT_EQ(stream.Send("one"), POLYCALL_OK);
  EXPECT_EQ(stream.Send("two"), POLYCALL_OK);
  EXPECT_EQ(stream.Send("three", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  EXPECT_THAT(stream.ReceiveAll(), ElementsAre("3:11"));
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

TEST_P(TransportConformance, AServerStreamIsReceivedToItsEnd) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_SERVER_STREAMING);
  EXPECT_EQ(stream.Send("4", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  EXPECT_THAT(stream.ReceiveAll(), ElementsAre("0", "1", "2", "3"));
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

TEST_P(TransportConformance, ABidiStreamIsAConversation) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  for (const char* text : {"who", "what", "where"}) {
    EXPECT_EQ(stream.Send(text), POLYCALL_OK);
    EXPECT_EQ(stream.Receive(), text);
  }
  stream.HalfClose();
  EXPECT_EQ(stream.Receive(), std::nullopt);
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

TEST_P(TransportConformance, AnEmptyMessageIsNotNone) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream none = client.Start(POLYCALL_CLIENT_STREAMING);
  none.HalfClose();
  EXPECT_THAT(none.ReceiveAll(), ElementsAre("0:0"));
  Stream empty = client.Start(POLYCALL_CLIENT_STREAMING);
  EXPECT_EQ(empty.Send("", POLYCALL_SEND_HALF_CLOSE), POLYCALL_OK);
  EXPECT_THAT(empty.ReceiveAll(), ElementsAre("1:0"));

  Stream silent = client.Start(POLYCALL_BIDI_STREAMING);
  silent.HalfClose();
  EXPECT_THAT(silent.ReceiveAll(), IsEmpty());
  Stream echoed = client.Start(POLYCALL_BIDI_STREAMING);
  echoed.Send("");
  echoed.Send("", POLYCALL_SEND_HALF_CLOSE);
  EXPECT_THAT(echoed.ReceiveAll(), ElementsAre("", ""));
}

TEST_P(TransportConformance, TenThousandMessagesStayInOrderBothWays) {
  constexpr int kMessages = 10'000;
  EchoServer server(FreshTarget());
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  std::thread sender([&] {
    for (int i = 0; i < kMessages; ++i) {
      const bool last = i + 1 == kMessages;
      // Every third leaves alone, the others together.
      const uint32_t flags = last         ? POLYCALL_SEND_HALF_CLOSE
                             : i % 3 != 0 ? POLYCALL_SEND_BUFFERED
                                          : 0;
      if (stream.Send(std::to_string(i), flags) != POLYCALL_OK) {
        ADD_FAILURE() << "send " << i;
        break;
      }
    }
  });
  int received = 0, wrong = 0;
  while (const std::optional<std::string> message = stream.Receive()) {
    if (*message != std::to_string(received)) ++wrong;
    ++received;
  }
  sender.join();
  EXPECT_EQ(received, kMessages);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

// A send by callback that may be waiting for credit.
struct AsyncSend {
  Event done;
  polycall_code code = POLYCALL_OK;

  void Start(const Stream& stream, std::string_view bytes, uint32_t flags = 0) {
    const polycall_message message = View(bytes);
    const auto record = [](void* arg, polycall_code code) {
      auto* self = static_cast<AsyncSend*>(arg);
      self->code = code;
      self->done.Happen();
    };
    polycall_call_send_async(stream.get(), &message, flags, record, this);
  }
};

TEST_P(TransportConformance, AServerStreamBegunByCallbackIsReadByAThreadThatBlocks) {
  constexpr int kMessages = 3000;
  EchoServer server(FreshTarget());
  Client client(server.target());
  for (int round = 0; round < 3; ++round) {
    Stream stream = client.Start(POLYCALL_SERVER_STREAMING);
    AsyncSend send;
    send.Start(stream, std::to_string(kMessages), POLYCALL_SEND_HALF_CLOSE);
    ASSERT_TRUE(send.done.Wait());
    EXPECT_EQ(send.code, POLYCALL_OK);
    EXPECT_EQ(stream.ReceiveAll().size(), size_t{kMessages});
    EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
  }
}

// Receives by callback until the stream has ended.
struct AsyncReceive {
  explicit AsyncReceive(const Stream& stream) : call(stream.get()) {}

  polycall_call* const call;
  Event ended;
  int received = 0;
  int32_t code = -1;

  void Start() {
    polycall_call_wait_async(
        call,
        [](void* arg, polycall_status* status, const polycall_metadata*) {
          auto* self = static_cast<AsyncReceive*>(arg);
          self->code = TakeStatus(status).code;
          self->ended.Happen();
        },
        this);
    Next();
  }
  void Next() {
    polycall_call_receive_async(
        call,
        [](void* arg, polycall_message* message) {
          if (message == nullptr) return;
          auto* self = static_cast<AsyncReceive*>(arg);
          ++self->received;
          polycall_message_release(message);
          self->Next();
        },
        this);
  }
};

TEST_P(TransportConformance, AServerStreamBegunByCallbackAndByBlockingGoesOnByCallback) {
  EchoServer server(FreshTarget());
  Client client(server.target());
  for (int blocking = 0; blocking < 3; ++blocking) {
    Stream stream = client.Start(POLYCALL_SERVER_STREAMING);
    AsyncSend send;
    send.Start(stream, "500", POLYCALL_SEND_HALF_CLOSE);
    ASSERT_TRUE(send.done.Wait());
    for (int i = 0; i < blocking; ++i) EXPECT_EQ(stream.Receive(), std::to_string(i));
    AsyncReceive rest(stream);
    rest.Start();
    ASSERT_TRUE(rest.ended.Wait());
    EXPECT_EQ(rest.received, 500 - blocking);
    EXPECT_EQ(rest.code, POLYCALL_OK);
  }
}

TEST_P(TransportConformance, ADeadlineEndsAServerStreamBegunByCallback) {
  Event over;
  Handlers handlers;
  handlers.server_streaming = [&](polycall_call* call, const polycall_message*) {
    EXPECT_TRUE(over.Wait());
    FinishStream(call);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers});
  Client client(server.target());
  {
    Stream blocked = client.Start(POLYCALL_SERVER_STREAMING, {.timeout_ns = 200'000'000});
    AsyncSend send;
    send.Start(blocked, "1", POLYCALL_SEND_HALF_CLOSE);
    EXPECT_EQ(blocked.Receive(), std::nullopt);
    EXPECT_EQ(blocked.Wait().code, POLYCALL_DEADLINE_EXCEEDED);
    EXPECT_TRUE(send.done.Wait());
  }
  {
    Stream called = client.Start(POLYCALL_SERVER_STREAMING, {.timeout_ns = 200'000'000});
    AsyncSend send;
    send.Start(called, "1", POLYCALL_SEND_HALF_CLOSE);
    AsyncReceive none(called);
    none.Start();
    EXPECT_TRUE(none.ended.Wait());
    EXPECT_EQ(none.code, POLYCALL_DEADLINE_EXCEEDED);
    EXPECT_TRUE(send.done.Wait());
  }
  over.Happen();
}

TEST_P(TransportConformance, ASenderStopsAtTheWindowAndGoesOnWhenTheReaderReads) {
  constexpr size_t kWindow = 64 * 1024;
  constexpr size_t kMessage = 1024;
  Event read_now;
  Handlers handlers;
  handlers.bidi = [&](polycall_call* call, const polycall_message*) {
    const polycall_message here = View("here");
    polycall_call_send(call, &here, 0, nullptr);
    EXPECT_TRUE(read_now.Wait());
    size_t messages = 0;
    polycall_message message = POLYCALL_MESSAGE_INIT;
    while (polycall_call_receive(call, &message) == 1) {
      ++messages;
      polycall_message_release(&message);
    }
    const std::string text = std::to_string(messages);
    const polycall_message count = View(text);
    polycall_call_send(call, &count, 0, nullptr);
    FinishStream(call);
  };
  EchoServer server(FreshTarget(), {.handlers = handlers, .call_window = kWindow});
  Client client(server.target());
  Stream stream = client.Start(POLYCALL_BIDI_STREAMING);
  ASSERT_EQ(stream.Receive(), "here");

  const std::string bytes(kMessage, 'x');
  size_t started = 0;
  std::unique_ptr<AsyncSend> waiting;
  while (started * kMessage < 16 * kWindow) {
    auto send = std::make_unique<AsyncSend>();
    send->Start(stream, bytes);
    ++started;
    // One that has credit may still take a while, by another thread.
    if (!send->done.WaitFor(std::chrono::seconds(1))) {
      waiting = std::move(send);
      break;
    }
  }
  // The last one waits; those before it fitted the window.
  EXPECT_LE((started - 1) * kMessage, kWindow + kMessage + transport().underway);
  EXPECT_GE((started - 1) * kMessage, kWindow / 2);
  EXPECT_TRUE(waiting != nullptr && !waiting->done.happened());

  read_now.Happen();
  ASSERT_TRUE(waiting == nullptr || waiting->done.Wait());
  for (int i = 0; i < 500; ++i, ++started) ASSERT_EQ(stream.Send(bytes), POLYCALL_OK);
  stream.HalfClose();
  EXPECT_EQ(stream.Receive(), std::to_string(started));
  EXPECT_EQ(stream.Wait().code, POLYCALL_OK);
}

}  // namespace
}  // namespace polycall::conformance
