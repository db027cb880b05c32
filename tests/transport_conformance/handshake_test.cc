// What a transport carries before there are calls: HELLO there, ACCEPT or a refusal back. Below the
// C ABI, with an acceptor of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event.h"
#include "negotiation/target.h"
#include "transport/transport.h"
#include "transports.h"

namespace polycall::conformance {
namespace {

using testing::HasSubstr;

// Answers each HELLO with `answer`, or refuses it with `refusal`. Serves no method.
class FakeAcceptor final : public transport::Acceptor {
 public:
  FakeAcceptor() { reactor_.Start(); }

  base::Status refusal;
  std::string answer;
  std::string heard;  // the last HELLO
  transport::PeerInfo peer;

  const transport::Limits& limits() const override { return limits_; }
  const transport::TlsOptions& tls() const override { return tls_; }
  bool Allows(std::string_view) const override { return true; }
  base::Reactor& reactor() override { return reactor_; }
  bool AdmitConnection() override { return true; }
  void ConnectionClosed() override {}
  void ProtocolError(const transport::PeerInfo&, std::string_view) override {}
  base::Status Handshake(std::string_view hello, const transport::PeerInfo& from,
                         transport::Agreed*, std::string* accept) override {
    heard = hello;
    peer = from;
    *accept = answer;
    return refusal;
  }
  call::ServerMethod* FindMethod(uint16_t) override { return nullptr; }
  call::ServerMethod* FindMethod(std::string_view) override { return nullptr; }
  call::Call* NewCall(call::ServerMethod*) override { return nullptr; }
  void Dispatch(call::Call*, const polycall_message*) override {}
  void DispatchPlain(call::Call*, const polycall_message*, bool) override {}
  bool TakesPlain(const call::ServerMethod&) const override { return false; }
  void DispatchInline(call::Call*, const polycall_message*) override {}
  const call::InterceptorChain& interceptors() const override { return interceptors_; }
  const polycall_thread_hook* thread_hook() const override { return nullptr; }
  bool copies_requests() const override { return false; }
  void Report(transport::ServerReport*) override {}
  std::string_view FileDescriptorSet(std::string_view) const override { return {}; }
  std::shared_ptr<void> ModuleState(const char*,
                                    const std::function<std::shared_ptr<void>()>& make) override {
    return make();
  }
  bool draining() const override { return false; }

 private:
  const transport::Limits limits_;
  const transport::TlsOptions tls_ = transport::TlsOptions::FromAbi(ServerTlsFor("tls://"));
  const call::InterceptorChain interceptors_{nullptr, 0};
  base::Reactor reactor_{base::Reactor::Options{}};
};

// Listens with `acceptor` on a fresh target, dials with `hello`, and ends everything but `dialed`.
base::Status Shake(const TransportUnderTest& under_test, FakeAcceptor* acceptor,
                   std::string_view hello, std::unique_ptr<transport::Dialed>* dialed) {
  transport::Transport* transport = transport::FindTransport(under_test.begins_on());
  negotiation::Target target;
  base::Status status = negotiation::ParseTarget(under_test.fresh_target(), &target);
  std::unique_ptr<transport::Listener> listener;
  if (status.ok()) status = transport->Listen(target.address, acceptor, &listener);
  if (status.ok()) status = negotiation::ParseTarget(listener->address(), &target);
  if (!status.ok()) return status;
  const auto tls = transport::TlsOptions::FromAbi(ClientTlsFor("tls://"));
  status = transport->Dial(target.address, {hello, base::DeadlineAfter(kPatienceNs), tls}, dialed);
  listener->StopAccepting();
  listener->CloseConnections();
  acceptor->reactor().Stop();
  return status;
}

TEST_P(TransportConformance, TheHandshakeCarriesHelloAndAccept) {
  FakeAcceptor acceptor;
  acceptor.answer = std::string("accept \0 bytes", 14) + std::string(100'000, 'a');
  const std::string hello = std::string("hello \0 bytes", 13) + std::string(50'000, 'h');
  std::unique_ptr<transport::Dialed> dialed;
  const base::Status status = Shake(transport(), &acceptor, hello, &dialed);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(acceptor.heard, hello);
  EXPECT_EQ(dialed->accept(), acceptor.answer);
  EXPECT_EQ(acceptor.peer.transport, transport().begins_on());
  EXPECT_THAT(acceptor.peer.address, HasSubstr(transport().begins_on()));
}

TEST_P(TransportConformance, ARefusedHandshakesStatusReachesTheCaller) {
  FakeAcceptor acceptor;
  acceptor.refusal = base::FailedPrecondition("no common protocol version");
  std::unique_ptr<transport::Dialed> dialed;
  const base::Status status = Shake(transport(), &acceptor, "hello", &dialed);
  EXPECT_EQ(dialed, nullptr);
  EXPECT_EQ(status.code(), POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no common protocol version"));
}

}  // namespace
}  // namespace polycall::conformance
