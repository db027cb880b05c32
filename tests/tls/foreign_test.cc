// Peers whose TLS is not ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "call/frame.h"
#include "foreign_peer.h"
#include "harness.h"

namespace polycall::testing_tls {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string FrameBytes(call::FrameType type, uint32_t argument = 0, std::string_view body = {}) {
  call::FrameHeader header;
  header.type = type;
  header.argument = argument;
  header.body_size = static_cast<uint32_t>(body.size());
  uint8_t head[call::kFrameHeaderSize];
  call::WriteFrameHeader(header, head);
  return std::string(reinterpret_cast<const char*>(head), sizeof(head)).append(body);
}

// Preface and a HELLO for version 1 (fields 1 and 2), with all defaults.
std::string Opening() {
  return std::string(call::kPreface, call::kPrefaceSize) +
         FrameBytes(call::FrameType::kHello, 0, "\x08\x01\x10\x01");
}

// The next frame's header; its body is read and dropped.
call::FrameHeader NextFrame(ForeignPeer& peer) {
  const std::string head = peer.Read(call::kFrameHeaderSize);
  if (head.size() < call::kFrameHeaderSize) return {};
  const call::FrameHeader header =
      call::ReadFrameHeader(reinterpret_cast<const uint8_t*>(head.data()));
  peer.Read(header.body_size);
  return header;
}

class ForeignTls : public testing::Test {
 protected:
  ForeignTls() {
    polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
    files_.Make("server");
    files_.Make("caller");
  }
  std::unique_ptr<EchoServer> Serve(uint32_t flags = 0, const char* target = kTlsTarget) {
    settings_ = ServerTls(files_, "server", (flags & POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE) != 0);
    settings_.flags = flags;
    options_ = settings_.Abi();
    return std::make_unique<EchoServer>(target, With(options_));
  }
  // Says HELLO, and pings `count` times, updating keys before each if told so.
  void Converse(ForeignPeer& peer, int count, bool update) {
    ASSERT_TRUE(peer.ok());
    if (update) {
      EXPECT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    }
    ASSERT_TRUE(peer.Write(Opening()));
    EXPECT_EQ(NextFrame(peer).type, call::FrameType::kAccept);
    for (int i = 1; i <= count; ++i) {
      if (update) {
        SSL_key_update(peer.ssl(),
                       i % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
      }
      ASSERT_TRUE(peer.Write(FrameBytes(call::FrameType::kPing, static_cast<uint32_t>(i))));
      EXPECT_EQ(NextFrame(peer).argument, static_cast<uint32_t>(i));
    }
  }

  TlsFiles files_;
  TlsSettings settings_;
  polycall_tls_options options_;
};

TEST_F(ForeignTls, EveryCipherOfTls13IsSpoken) {
  const auto server = Serve();
  for (const char* cipher :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    ForeignOptions options;
    options.ciphers = cipher;
    options.protocols = "polycall";
    ForeignPeer peer(server->target(), files_, options);
    Converse(peer, 3, false);
    EXPECT_STREQ(SSL_get_cipher_name(peer.ssl()), cipher);
    EXPECT_EQ(peer.protocol(), "polycall");
  }
}

TEST_F(ForeignTls, KeysMayBeUpdatedAtAnyTime) {
  const auto server = Serve();
  ForeignPeer peer(server->target(), files_, {});
  Converse(peer, 20, true);
}

TEST_F(ForeignTls, BytesOfARecordThatComeOneByOneAreTheSameRecord) {
  const auto server = Serve();
  ForeignPeer peer(server->target(), files_, {});
  ASSERT_TRUE(peer.ok());
  for (const char byte : Opening()) ASSERT_TRUE(peer.Write({&byte, 1}));
  EXPECT_EQ(NextFrame(peer).type, call::FrameType::kAccept);
}

TEST_F(ForeignTls, Tls12IsRefusedUnlessItIsAllowed) {
  ForeignOptions old;
  old.version = TLS1_2_VERSION;
  LogLines log;
  const auto strict = Serve();
  EXPECT_FALSE(ForeignPeer(strict->target(), files_, old).ok());
  EXPECT_TRUE(log.WaitFor("POLYCALL_TLS_ALLOW_1_2")) << log.All();
  const auto lenient = Serve(POLYCALL_TLS_ALLOW_1_2);
  ForeignPeer peer(lenient->target(), files_, old);
  Converse(peer, 5, false);
  EXPECT_STREQ(SSL_get_version(peer.ssl()), "TLSv1.2");
}

TEST_F(ForeignTls, ATcpListenerTellsTlsFromPlain) {
  const auto server = Serve(0, kTcpTarget);
  EXPECT_EQ(CallOnce(server->target()).response, "hello");
  const Outcome outcome = CallOnce("tls" + server->target().substr(3), ClientTls(files_));
  EXPECT_EQ(outcome.response, "hello") << outcome.message;
}

#if defined(POLYCALL_TEST_GRPCS)
TEST_F(ForeignTls, GrpcOverTlsIsSpokenOnTheSamePort) {
  const auto server = Serve(POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE);
  const TlsSettings tls = ClientTls(files_, "caller");
  const std::string target = "grpcs" + server->target().substr(3);
  const Outcome outcome = CallOnce(target, tls);
  EXPECT_EQ(outcome.code, POLYCALL_OK) << outcome.message;
  EXPECT_EQ(outcome.response, "hello");
  // Many records each way.
  const polycall_tls_options abi = tls.Abi();
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.tls = &abi;
  Client client(target, options);
  const std::string large(1'000'000, 'x');
  EXPECT_TRUE(client.Unary(large).response == large);
  EXPECT_STREQ(polycall_channel_transport(client.get()), "grpc");
  const Outcome refused = CallOnce(target, ClientTls(files_));
  EXPECT_NE(refused.code, POLYCALL_OK);
}
#endif

TEST_F(ForeignTls, WhoOffersNoneOfOurProtocolsIsRefused) {
  const auto server = Serve();
  ForeignOptions options;
  options.protocols = "smtp,imap";
  EXPECT_FALSE(ForeignPeer(server->target(), files_, options).ok());
}

TEST_F(ForeignTls, ATamperedRecordEndsItsConnectionAlone) {
  const auto server = Serve();
  ForeignPeer peer(server->target(), files_, {});
  Converse(peer, 1, false);
  std::string forged("\x17\x03\x03\x00\x40", 5);
  forged.resize(5 + 0x40, 'x');
  EXPECT_EQ(::write(SSL_get_fd(peer.ssl()), forged.data(), forged.size()),
            static_cast<ssize_t>(forged.size()));
  EXPECT_EQ(peer.ReadAll(), "");
  ForeignPeer another(server->target(), files_, {});
  Converse(another, 1, false);
}

// The output of a command, and "exit N" if it fails.
std::string OutputOf(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot run";
  char part[4096];
  for (size_t got; (got = fread(part, 1, sizeof(part), pipe)) > 0;) output.append(part, got);
  const int status = pclose(pipe);
  return status == 0 ? output : output + "exit " + std::to_string(status);
}

TEST_F(ForeignTls, OpensslsClientConnects) {
  if (std::system("command -v openssl > /dev/null") != 0) GTEST_SKIP() << "no openssl command";
  const auto server = Serve(POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE);
  const std::string address = server->target().substr(6);
  const std::string output =
      OutputOf("timeout 60 openssl s_client -connect " + address + " -alpn polycall -CAfile " +
               files_.authority() + " -verify_return_error -verify_hostname server.example -cert " +
               files_.certificate("caller") + " -key " + files_.key("caller") + " < /dev/null");
  EXPECT_THAT(output, AllOf(HasSubstr("ALPN protocol: polycall"), HasSubstr("TLSv1.3"),
                            HasSubstr("Verify return code: 0 (ok)"),
                            HasSubstr("Acceptable client certificate CA names")))
      << output;
}

}  // namespace
}  // namespace polycall::testing_tls
