// The usual mistakes: each has a message that says what is wrong, where, and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace polycall::testing_tls {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TlsMistakes : public testing::Test {
 protected:
  TlsMistakes() {
    files_.Make("server");
    files_.Make("caller");
  }
  // Calls a server that shows the certificate `name`.
  Outcome CallServer(const std::string& name, const TlsSettings& client) {
    const TlsSettings tls = ServerTls(files_, name);
    const polycall_tls_options options = tls.Abi();
    EchoServer server(kTlsTarget, With(options));
    return CallOnce(server.target(), client);
  }
  // Calls a server that requires client certificates.
  Outcome CallMutual(const TlsSettings& client) {
    const TlsSettings tls = ServerTls(files_, "server", true);
    const polycall_tls_options options = tls.Abi();
    EchoServer server(kTlsTarget, With(options));
    return CallOnce(server.target(), client);
  }

  LogLines log_;
  TlsFiles files_;
};

TEST_F(TlsMistakes, NoMistakeIsAnAnswer) {
  const Outcome outcome = CallMutual(ClientTls(files_, "caller"));
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.response, "hello");
}

TEST_F(TlsMistakes, AnExpiredServerCertificate) {
  cli::CertificateRequest request = TlsFiles::Usual("old");
  request.begins_s = -2 * kDay;
  request.ends_s = -kDay;
  files_.Make("old", request);
  const Outcome outcome = CallServer("old", ClientTls(files_));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("tls://127.0.0.1:"), HasSubstr("CN=old"),
                                     HasSubstr("expired at"), HasSubstr("renew it")));
  EXPECT_TRUE(log_.WaitFor("expired at")) << log_.All();  // the server says so when it starts
}

TEST_F(TlsMistakes, AServerCertificateThatIsNotYetValid) {
  cli::CertificateRequest request = TlsFiles::Usual("early");
  request.begins_s = kDay;
  request.ends_s = 2 * kDay;
  files_.Make("early", request);
  const Outcome outcome = CallServer("early", ClientTls(files_));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("not yet valid"), HasSubstr("clock")));
}

TEST_F(TlsMistakes, AServerCertificateForAnotherName) {
  cli::CertificateRequest request = TlsFiles::Usual("other");
  request.names = {"DNS:other.example"};
  files_.Make("other", request);
  const Outcome outcome = CallServer("other", ClientTls(files_));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("is for DNS:other.example"),
                                     HasSubstr("not for \"127.0.0.1\""), HasSubstr("server_name")));
  TlsSettings expecting = ClientTls(files_);
  expecting.server_name = "other.example";
  EXPECT_EQ(CallServer("other", expecting).code, POLYCALL_OK);
}

TEST_F(TlsMistakes, AServerCertificateByAnUnknownAuthority) {
  const TlsFiles others;
  const Outcome outcome = CallServer("server", ClientTls(others));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message,
              AllOf(HasSubstr("authority that is not trusted"), HasSubstr("ca_file")));
}

TEST_F(TlsMistakes, NoClientCertificate) {
  const Outcome outcome = CallMutual(ClientTls(files_));
  EXPECT_EQ(outcome.code, POLYCALL_UNAUTHENTICATED);
  EXPECT_THAT(outcome.message,
              AllOf(HasSubstr("asks for a client certificate"), HasSubstr("certificate_file")));
  EXPECT_TRUE(log_.WaitFor("showed no client certificate")) << log_.All();
}

TEST_F(TlsMistakes, AClientCertificateByAnotherAuthority) {
  TlsFiles others;
  others.Make("stranger");
  TlsSettings client = ClientTls(others, "stranger");
  client.ca_file = files_.authority();
  const Outcome outcome = CallMutual(client);
  EXPECT_EQ(outcome.code, POLYCALL_UNAUTHENTICATED);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("does not accept the certificate"),
                                     HasSubstr("authority is not trusted there")));
  EXPECT_TRUE(log_.WaitFor("CN=stranger")) << log_.All();
}

TEST_F(TlsMistakes, AnExpiredClientCertificate) {
  cli::CertificateRequest request = TlsFiles::Usual("former");
  request.begins_s = -2 * kDay;
  request.ends_s = -kDay;
  files_.Make("former", request);
  const Outcome outcome = CallMutual(ClientTls(files_, "former"));
  EXPECT_EQ(outcome.code, POLYCALL_UNAUTHENTICATED);
  EXPECT_THAT(outcome.message, HasSubstr("it has expired"));
}

TEST_F(TlsMistakes, AKeyThatIsNotTheCertificates) {
  TlsSettings mixed = ServerTls(files_, "server");
  mixed.key_file = files_.key("caller");
  const Outcome listened = ListenWith(mixed);
  EXPECT_EQ(listened.code, POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(listened.message, AllOf(HasSubstr(mixed.key_file), HasSubstr("is not the key"),
                                      HasSubstr(mixed.certificate_file)));
  TlsSettings client = ClientTls(files_, "caller");
  client.key_file = files_.key("server");
  EXPECT_THAT(CallServer("server", client).message, HasSubstr("is not the key"));
}

TEST_F(TlsMistakes, FilesThatAreMissingOrHoldSomethingElse) {
  TlsSettings missing = ServerTls(files_, "server");
  missing.certificate_file = files_.Path("nowhere.pem");
  Outcome outcome = ListenWith(missing);
  EXPECT_EQ(outcome.code, POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("certificate_file"), HasSubstr("nowhere.pem"),
                                     HasSubstr("No such file")));
  files_.Write("text.pem", "no certificate at all\n");
  TlsSettings text = ServerTls(files_, "server", true);
  text.ca_file = files_.Path("text.pem");
  EXPECT_THAT(ListenWith(text).message, AllOf(HasSubstr("ca_file"), HasSubstr("no PEM")));
  text = ServerTls(files_, "server");
  text.key_file = files_.Path("text.pem");
  EXPECT_THAT(ListenWith(text).message, AllOf(HasSubstr("key_file"), HasSubstr("no PEM")));
  // A tcp listener takes TLS too, and finds out at once as well.
  EXPECT_EQ(ListenWith(missing, kTcpTarget).code, POLYCALL_FAILED_PRECONDITION);

  TlsSettings client = ClientTls(files_);
  client.ca_file = files_.Path("nowhere.pem");
  outcome = CallServer("server", client);
  EXPECT_EQ(outcome.code, POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(outcome.message, HasSubstr("nowhere.pem"));
}

TEST_F(TlsMistakes, OptionsThatContradictEachOther) {
  TlsSettings half = ServerTls(files_, "server");
  half.key_file.clear();
  EXPECT_EQ(ListenWith(half).code, POLYCALL_INVALID_ARGUMENT);
  TlsSettings untold = ServerTls(files_, "server");
  untold.flags = POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE;
  EXPECT_THAT(ListenWith(untold).message, HasSubstr("ca_file"));
  EXPECT_EQ(ListenWith(TlsSettings()).code, POLYCALL_INVALID_ARGUMENT);
}

TEST_F(TlsMistakes, AListenerOfTlsWithoutOptions) {
  polycall_server* server = polycall_server_new(nullptr, nullptr);
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_listen(server, kTlsTarget, nullptr, 0, &status);
  polycall_server_free(server);
  const Outcome outcome = conformance::TakeStatus(&status);
  EXPECT_EQ(outcome.code, POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(outcome.message, HasSubstr("tls options"));
}

TEST_F(TlsMistakes, APlainClientAtATlsPort) {
  const TlsSettings tls = ServerTls(files_, "server");
  const polycall_tls_options options = tls.Abi();
  EchoServer server(kTlsTarget, With(options));
  const Outcome outcome = CallOnce("tcp" + server.target().substr(3));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("nothing but TLS"), HasSubstr("tls://")));
  EXPECT_TRUE(log_.WaitFor("does not speak TLS")) << log_.All();
}

TEST_F(TlsMistakes, ATlsClientAtAPlainPort) {
  EchoServer server(kTcpTarget);
  const Outcome outcome = CallOnce("tls" + server.target().substr(3), ClientTls(files_));
  EXPECT_EQ(outcome.code, POLYCALL_UNAVAILABLE);
  EXPECT_THAT(outcome.message, HasSubstr("tls" + server.target().substr(3)));
  EXPECT_TRUE(log_.WaitFor("the peer speaks TLS")) << log_.All();
}

}  // namespace
}  // namespace polycall::testing_tls
