// Certificates that change under a server that goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "harness.h"

namespace polycall::testing_tls {
namespace {

using testing::HasSubstr;

class TlsReload : public testing::Test {
 protected:
  TlsReload() { files_.Make("server"); }
  // With a name that tells it from the one before.
  void Replace(const std::string& other_name) {
    cli::CertificateRequest request = TlsFiles::Usual("server");
    request.names.push_back("DNS:" + other_name);
    files_.Make("server", request);
  }
  // Whether a new connection sees a certificate for `name`.
  bool Shows(const std::string& target, const std::string& name) {
    TlsSettings expecting = ClientTls(files_);
    expecting.server_name = name;
    return CallOnce(target, expecting).code == POLYCALL_OK;
  }

  LogLines log_;
  TlsFiles files_;
};

TEST_F(TlsReload, NewConnectionsSeeANewCertificateAndCallsGoOn) {
  const TlsSettings tls = ServerTls(files_, "server");
  const polycall_tls_options options = tls.Abi();
  EchoServer server(kTlsTarget, With(options));
  const TlsSettings client_tls = ClientTls(files_);
  const polycall_tls_options client_options = client_tls.Abi();
  polycall_channel_options channel = POLYCALL_CHANNEL_OPTIONS_INIT;
  channel.tls = &client_options;
  Client client(server.target(), channel);
  ASSERT_EQ(client.Unary("before").code, POLYCALL_OK);
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::thread caller([&] {
    while (!stop) failed += client.Unary("under way").code != POLYCALL_OK;
  });
  EXPECT_FALSE(Shows(server.target(), "second.example"));
  Replace("second.example");
  EXPECT_TRUE(Shows(server.target(), "second.example"));
  Replace("third.example");
  EXPECT_TRUE(Shows(server.target(), "third.example"));
  EXPECT_FALSE(Shows(server.target(), "second.example"));
  stop = true;
  caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(client.Unary("after").response, "after");
  EXPECT_THAT(log_.All(), HasSubstr("new connections use the new ones"));
}

TEST_F(TlsReload, ABrokenNewFileLeavesTheOldInUseAndIsLogged) {
  const TlsSettings tls = ServerTls(files_, "server");
  const polycall_tls_options options = tls.Abi();
  EchoServer server(kTlsTarget, With(options));
  files_.Write("server.pem", "half a certif");
  EXPECT_TRUE(Shows(server.target(), "server.example"));
  EXPECT_TRUE(Shows(server.target(), "server.example"));
  EXPECT_TRUE(log_.WaitFor("the old ones stay in use")) << log_.All();
  EXPECT_THAT(log_.All(), HasSubstr(files_.certificate("server")));
  // And it heals.
  Replace("healed.example");
  EXPECT_TRUE(Shows(server.target(), "healed.example"));
}

TEST_F(TlsReload, AChannelTakesANewAuthority) {
  TlsSettings client = ClientTls(files_);
  client.ca_file = files_.Path("trusted.pem");
  files_.Write("trusted.pem", "none yet");
  const TlsSettings tls = ServerTls(files_, "server");
  const polycall_tls_options options = tls.Abi();
  EchoServer server(kTlsTarget, With(options));
  EXPECT_EQ(CallOnce(server.target(), client).code, POLYCALL_FAILED_PRECONDITION);
  std::filesystem::copy_file(files_.authority(), client.ca_file,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(CallOnce(server.target(), client).code, POLYCALL_OK);
}

}  // namespace
}  // namespace polycall::testing_tls
