// Which transports may be used, who a caller is, and who may call, as a C program sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "typed.polycall.h"

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// Who called last.
struct Caller {
  bool known = false;
  std::string subject;
  std::vector<std::string> names;
};

polycall_code Keep(void* arg, polycall_call* call, const typed_Note*, polycall_arena*, typed_Note*,
                   polycall_status*) {
  auto* caller = static_cast<Caller*>(arg);
  polycall_identity identity = POLYCALL_IDENTITY_INIT;
  caller->known = polycall_call_identity(call, &identity) != 0;
  if (identity.subject != nullptr) caller->subject = identity.subject;
  caller->names.assign(identity.names, identity.names + identity.name_count);
  return POLYCALL_OK;
}

class IdentityTest : public testing::Test {
 protected:
  ~IdentityTest() override {
    polycall_server_free(server_);
    polycall_status_clear(&status_);
  }

  void Make(const polycall_server_options& options) {
    server_ = polycall_server_new(&options, &status_);
    ASSERT_NE(server_, nullptr) << status_.message;
    typed_Notes_handlers handlers = {};
    handlers.keep = Keep;
    ASSERT_EQ(typed_Notes_serve(server_, &handlers, &caller_, &status_), POLYCALL_OK);
  }

  std::string Serve(const std::string& target) {
    char address[256] = "";
    EXPECT_EQ(polycall_server_listen(server_, target.c_str(), address, sizeof address, &status_),
              POLYCALL_OK)
        << status_.message;
    EXPECT_EQ(polycall_server_start(server_, &status_), POLYCALL_OK);
    return address;
  }

  // "OK", or the status as text.
  static std::string Call(const std::string& target, polycall_channel_options options) {
    options.max_attempts = 1;
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_channel* channel = polycall_channel_new(target.c_str(), &options, &status);
    if (channel != nullptr) {
      typed_Notes_client client;
      typed_Notes_client_init(&client, channel);
      polycall_arena arena;
      polycall_arena_init(&arena, nullptr, 0);
      polycall_call_options call = POLYCALL_CALL_OPTIONS_INIT;
      call.timeout_ns = INT64_C(30) * 1000 * 1000 * 1000;
      const typed_Note request = {};
      typed_Note reply;
      typed_Notes_keep(&client, &request, &arena, &reply, &call, &status);
      polycall_arena_free(&arena);
      polycall_channel_free(channel);
    }
    std::string text = polycall_code_name(status.code);
    if (status.message != nullptr) text += std::string(": ") + status.message;
    polycall_status_clear(&status);
    return text;
  }

  static std::string UnixTarget() {
    return "unix:" + testing::TempDir() + "polycall-c-" + std::to_string(getpid()) + "-identity";
  }

  Caller caller_;
  polycall_server* server_ = nullptr;
  polycall_status status_ = POLYCALL_STATUS_INIT;
  const polycall_channel_options defaults_ = POLYCALL_CHANNEL_OPTIONS_INIT;
  const polycall_server_options server_defaults_ = POLYCALL_SERVER_OPTIONS_INIT;
};

// Of the test's own authority: `role` is "client" or "server".
class Certificates {
 public:
  explicit Certificates(const std::string& role) {
    const char* folder = std::getenv("POLYCALL_TEST_CERTIFICATES");
    EXPECT_NE(folder, nullptr) << "run by ctest, which makes certificates first";
    const std::string place = std::string(folder == nullptr ? "" : folder) + "/";
    ca_ = place + "ca.pem";
    certificate_ = place + role + ".pem";
    key_ = place + role + ".key";
    options.ca_file = ca_.c_str();
    options.certificate_file = certificate_.c_str();
    options.key_file = key_.c_str();
  }
  polycall_tls_options options = POLYCALL_TLS_OPTIONS_INIT;

 private:
  std::string ca_, certificate_, key_;
};

TEST_F(IdentityTest, AChannelKeepsToTheTransportsThatItIsTold) {
  Make(server_defaults_);
  const std::string target = Serve(UnixTarget());
  polycall_channel_options options = defaults_;
  const char* const only_unix[] = {"unix", nullptr};
  options.transports = only_unix;
  EXPECT_EQ(Call(target, options), "OK");
  const char* const only_tcp[] = {"tcp", nullptr};
  options.transports = only_tcp;
  EXPECT_THAT(Call(target, options), HasSubstr("unix"));
}

TEST_F(IdentityTest, UnknownNamesAndNumbersAreRefused) {
  const char* const pigeon[] = {"pigeon", nullptr};
  polycall_channel_options options = defaults_;
  options.transports = pigeon;
  EXPECT_THAT(Call("tcp://127.0.0.1:1", options), HasSubstr("pigeon"));
  options = defaults_;
  options.balancing = 9;
  EXPECT_THAT(Call("tcp://127.0.0.1:1", options), HasSubstr("INVALID_ARGUMENT"));
  polycall_server_options server = server_defaults_;
  server.transports = pigeon;
  EXPECT_EQ(polycall_server_new(&server, &status_), nullptr);
  EXPECT_EQ(status_.code, POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(status_.message, HasSubstr("pigeon"));
}

TEST_F(IdentityTest, WithinAHostTheKernelSaysWhoCalls) {
  Make(server_defaults_);
  EXPECT_EQ(Call(Serve(UnixTarget()), defaults_), "OK");
  EXPECT_TRUE(caller_.known);
  EXPECT_EQ(caller_.subject, "");
  EXPECT_THAT(caller_.names, Contains("UID:" + std::to_string(getuid())));
}

TEST_F(IdentityTest, OverPlainTcpNobodyVouchesForACaller) {
  Make(server_defaults_);
  polycall_channel_options options = defaults_;
  const char* const only_tcp[] = {"tcp", nullptr};
  options.transports = only_tcp;
  EXPECT_EQ(Call(Serve("tcp://127.0.0.1:0"), options), "OK");
  EXPECT_FALSE(caller_.known);
}

TEST_F(IdentityTest, OverTlsItIsTheCallersCertificate) {
  Certificates own("server");
  own.options.flags = POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE;
  polycall_server_options server = server_defaults_;
  server.tls = &own.options;
  Make(server);
  const std::string target = Serve("tls://127.0.0.1:0");
  const Certificates theirs("client");
  polycall_channel_options options = defaults_;
  options.tls = &theirs.options;
  EXPECT_EQ(Call(target, options), "OK");
  EXPECT_EQ(caller_.subject, "CN=interop client");
  EXPECT_THAT(caller_.names, ElementsAre("URI:spiffe://polycall.test/interop-client"));
}

TEST_F(IdentityTest, OnlyThoseOnTheListMayCall) {
  Make(server_defaults_);
  const std::string stranger = "UID:" + std::to_string(getuid() + 1);
  const char* const list[] = {stranger.c_str()};
  EXPECT_EQ(polycall_server_allow(server_, "typed.Notes", list, 1, &status_), POLYCALL_OK);
  EXPECT_THAT(Call(Serve(UnixTarget()), defaults_), HasSubstr("PERMISSION_DENIED"));
}

TEST_F(IdentityTest, WhatIsNoIdentityOrNoServiceIsRefused) {
  Make(server_defaults_);
  const char* const everybody[] = {"everybody"};
  EXPECT_EQ(polycall_server_allow(server_, "typed.Notes", everybody, 1, &status_),
            POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(status_.message, HasSubstr("everybody"));
  polycall_status_clear(&status_);
  const char* const root[] = {"UID:0"};
  EXPECT_EQ(polycall_server_allow(server_, "no.such.Service", root, 1, &status_),
            POLYCALL_NOT_FOUND);
}

}  // namespace
