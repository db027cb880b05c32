// Who a peer is, and who may call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "harness.h"

namespace polycall::testing_tls {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// A way to reach a server, and who the caller is there.
struct Way {
  std::string target;
  std::string identity;
  std::string name;  // one of its names
};

class Identities : public testing::TestWithParam<const char*> {
 protected:
  Identities() {
    polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
    files_.Make("server");
    cli::CertificateRequest request = TlsFiles::Usual("caller");
    request.names = {"DNS:caller.example", "URI:spiffe://example/caller", "IP:10.0.0.7",
                     "EMAIL:ada@example"};
    files_.Make("caller", request);
    server_tls_ = ServerTls(files_, "server", true);
    server_abi_ = server_tls_.Abi();
    client_tls_ = ClientTls(files_, "caller");
    client_abi_ = client_tls_.Abi();
  }

  Way WayOf(const std::string& transport) const {
    const std::string uid = "UID:" + std::to_string(geteuid());
    if (transport == "inproc") return {"inproc:identities", "|" + uid, uid};
    if (transport == "unix") return {"unix:" + files_.Path("socket"), "|" + uid, uid};
    return {transport + "://127.0.0.1:0",
            "CN=caller|DNS:caller.example|URI:spiffe://example/caller|IP:10.0.0.7|"
            "EMAIL:ada@example",
            "URI:spiffe://example/caller"};
  }
  EchoServer::Options ServerOptions() {
    EchoServer::Options options = With(server_abi_);
    options.handlers.unary = AnswerIdentity;
    return options;
  }
  std::unique_ptr<Client> Connect(const std::string& target) {
    polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
    options.tls = &client_abi_;
    return std::make_unique<Client>(target, options);
  }

  TlsFiles files_;
  TlsSettings server_tls_, client_tls_;
  polycall_tls_options server_abi_, client_abi_;
};

TEST_P(Identities, AHandlerSeesWhoCalls) {
  const Way way = WayOf(GetParam());
  EchoServer server(way.target, ServerOptions());
  const auto client = Connect(server.target());
  EXPECT_EQ(client->Unary("who am I?").response, way.identity);
  EXPECT_EQ(client->Unary("who am I?", {.metadata = {{"a", "b"}}}).response, way.identity);
}

TEST_P(Identities, AnInterceptorSeesWhoCalls) {
  const Way way = WayOf(GetParam());
  std::string seen;
  polycall_interceptor interceptor = POLYCALL_INTERCEPTOR_INIT;
  interceptor.arg = &seen;
  interceptor.started = [](void* arg, polycall_call* call, polycall_metadata*, void**,
                           polycall_status*) {
    *static_cast<std::string*>(arg) = IdentityText(call);
    return POLYCALL_OK;
  };
  EchoServer::Options options = ServerOptions();
  options.interceptor = &interceptor;
  EchoServer server(way.target, options);
  EXPECT_EQ(Connect(server.target())->Unary("hello").code, POLYCALL_OK);
  EXPECT_EQ(seen, way.identity);
}

TEST_P(Identities, OneOfAServicesListMayCallItInEveryKind) {
  const Way way = WayOf(GetParam());
  EchoServer::Options options = ServerOptions();
  options.allowed = {"DNS:somebody.else", way.name.c_str()};
  EchoServer server(way.target, options);
  const auto client = Connect(server.target());
  EXPECT_EQ(client->Unary("hello").response, way.identity);
  for (const polycall_kind kind :
       {POLYCALL_CLIENT_STREAMING, POLYCALL_SERVER_STREAMING, POLYCALL_BIDI_STREAMING}) {
    conformance::Stream stream = client->Start(kind);
    stream.Send("3", POLYCALL_SEND_HALF_CLOSE);
    EXPECT_EQ(stream.Wait().code, POLYCALL_OK) << kind;
  }
}

TEST_P(Identities, OthersMayNotAndAreToldWhoTheyAre) {
  const Way way = WayOf(GetParam());
  bool reached = false;
  EchoServer::Options options = ServerOptions();
  const conformance::Handler reach = [&](polycall_call* call, const polycall_message*) {
    reached = true;
    conformance::FinishWith(call, POLYCALL_INTERNAL, "reached");
  };
  options.handlers = {reach, reach, reach, reach};
  options.allowed = {"DNS:somebody.else", "CN=nobody"};
  EchoServer server(way.target, options);
  const auto client = Connect(server.target());
  const auto expect_refused = [&](const Outcome& outcome) {
    EXPECT_EQ(outcome.code, POLYCALL_PERMISSION_DENIED);
    EXPECT_THAT(outcome.message, AllOf(HasSubstr(conformance::kServiceName), HasSubstr(way.name)));
  };
  expect_refused(client->Unary("hello"));
  expect_refused(client->Unary("hello"));  // by the faster way that a second one takes
  expect_refused(client->Unary("hello", {.metadata = {{"a", "b"}}}));
  conformance::Pending pending;
  client->UnaryAsync("hello", {}, &pending);
  ASSERT_TRUE(pending.Wait());
  expect_refused(pending.outcome());
  for (const polycall_kind kind :
       {POLYCALL_CLIENT_STREAMING, POLYCALL_SERVER_STREAMING, POLYCALL_BIDI_STREAMING}) {
    conformance::Stream stream = client->Start(kind);
    stream.Send("3", POLYCALL_SEND_HALF_CLOSE);
    expect_refused(stream.Wait());
  }
  EXPECT_FALSE(reached);
}

TEST_P(Identities, AWholeSubjectMayBeListed) {
  EchoServer::Options options = ServerOptions();
  options.allowed = {"CN=caller"};
  EchoServer server(kTlsTarget, options);
  EXPECT_EQ(Connect(server.target())->Unary("hello").code, POLYCALL_OK);
}

INSTANTIATE_TEST_SUITE_P(Each, Identities, testing::Values("inproc", "unix", "tls"),
                         [](const auto& info) { return std::string(info.param); });

TEST(Identity, APlainPeerIsNobodyAndALicenceForOthersIsNoneForIt) {
  EchoServer::Options options;
  options.handlers.unary = AnswerIdentity;
  {
    EchoServer open(kTcpTarget, options);
    EXPECT_EQ(CallOnce(open.target()).response, "nobody");
  }
  options.allowed = {"CN=caller"};
  EchoServer closed(kTcpTarget, options);
  const Outcome outcome = CallOnce(closed.target());
  EXPECT_EQ(outcome.code, POLYCALL_PERMISSION_DENIED);
  EXPECT_THAT(outcome.message, HasSubstr("nobody vouches for"));
}

TEST(Identity, WithoutAClientCertificateACallerOverTlsIsNobody) {
  const TlsSettings tls = ServerTls(SharedTlsFiles(), "server");
  const polycall_tls_options abi = tls.Abi();
  EchoServer::Options options = With(abi);
  options.handlers.unary = AnswerIdentity;
  EchoServer server(kTlsTarget, options);
  EXPECT_EQ(CallOnce(server.target(), ClientTls(SharedTlsFiles())).response, "nobody");
}

TEST(Identity, AnEmptyListIsRefusedAndSoIsWhatIsNoIdentity) {
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  polycall_status status = POLYCALL_STATUS_INIT;
  EXPECT_EQ(polycall_server_allow(server, "", nullptr, 0, &status), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(conformance::TakeStatus(&status).message, HasSubstr("at least one"));
  const char* bad = "ada";
  EXPECT_EQ(polycall_server_allow(server, "", &bad, 1, &status), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(conformance::TakeStatus(&status).message, StartsWith("\"ada\""));
  polycall_server_free(server);
}

}  // namespace
}  // namespace polycall::testing_tls
