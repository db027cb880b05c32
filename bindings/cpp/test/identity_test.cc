// Which transports may be used, who a caller is, and who may call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calc.polycall.h"
#include "expect.h"

namespace polycall_cpp_test {
namespace {

using namespace std::chrono_literals;
using polycall::Code;
using polycall::Identity;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kService = "polycall_cpp_test.Calc";

// Remembers who called.
class Door final : public Calc::Service {
 public:
  polycall::Status Add(polycall::ServerContext& context, const Operands&, Result*) override {
    const std::lock_guard lock(mutex_);
    caller_ = context.identity();
    return polycall::OkStatus();
  }
  std::optional<Identity> caller() {
    const std::lock_guard lock(mutex_);
    return caller_;
  }

 private:
  std::mutex mutex_;
  std::optional<Identity> caller_;  // guarded by mutex_
};

// A server with a door, and how to call it.
class House {
 public:
  explicit House(polycall::ServerOptions options = {}) : server(std::move(options)) {
    EXPECT_OK(server.AddService(&door));
  }
  std::string Serve(const std::string& target) {
    const auto address = server.Listen(target);
    EXPECT_OK(address);
    EXPECT_OK(server.Start());
    return address.value();
  }
  static polycall::Status Call(const std::string& target, polycall::ChannelOptions options = {}) {
    options.max_attempts = 1;
    const auto channel = polycall::Channel::Create(target, std::move(options));
    if (!channel.ok()) return channel.status();
    return Calc::Client(*channel).Add(Operands(), {.timeout = 30s}).status();
  }

  Door door;
  polycall::Server server;
};

std::string UnixTarget(const std::string& name) {
  return "unix:" + testing::TempDir() + "polycall-cpp-" + std::to_string(getpid()) + "-" + name;
}

std::string Own() { return "UID:" + std::to_string(getuid()); }
std::string Stranger() { return "UID:" + std::to_string(getuid() + 1); }

// Of the test's own authority: `role` is "client" or "server".
polycall::TlsOptions Certificates(const std::string& role) {
  const char* folder = std::getenv("POLYCALL_TEST_CERTIFICATES");
  EXPECT_NE(folder, nullptr) << "run by ctest, which makes certificates first";
  const std::string place = std::string(folder == nullptr ? "" : folder) + "/";
  return {.ca_file = place + "ca.pem",
          .certificate_file = place + role + ".pem",
          .key_file = place + role + ".key"};
}

TEST(Transports, AChannelKeepsToThoseThatItIsTold) {
  House house;
  const std::string target = house.Serve(UnixTarget("kept"));
  const auto channel = polycall::Channel::Create(target, {.transports = {"unix"}}).value();
  EXPECT_OK(Calc::Client(channel).Add(Operands(), {.timeout = 30s}));
  EXPECT_EQ(channel->transport(), "unix");
  EXPECT_THAT(House::Call(target, {.transports = {"tcp"}}).ToString(), HasSubstr("unix"));
}

TEST(Transports, UnknownNamesAreRefused) {
  EXPECT_THAT(House::Call("tcp://127.0.0.1:1", {.transports = {"pigeon"}}).ToString(),
              testing::AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("pigeon")));
  try {
    House house({.transports = {"pigeon"}});
    FAIL();
  } catch (const polycall::StatusError& error) {
    EXPECT_EQ(error.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr("pigeon"));
  }
}

TEST(Channel, ABalancingThatIsNoneIsRefused) {
  EXPECT_EQ(
      House::Call("tcp://127.0.0.1:1", {.balancing = static_cast<polycall::Balancing>(9)}).code(),
      Code::kInvalidArgument);
}

TEST(Identity, WithinAHostTheKernelSaysWhoCalls) {
  House house;
  EXPECT_OK(House::Call(house.Serve(UnixTarget("who"))));
  ASSERT_TRUE(house.door.caller().has_value());
  EXPECT_THAT(house.door.caller()->names, Contains(Own()));
  EXPECT_TRUE(house.door.caller()->Has(Own()));
  EXPECT_THAT(house.door.caller()->subject, IsEmpty());
}

TEST(Identity, OverPlainTcpNobodyVouchesForACaller) {
  House house;
  EXPECT_OK(House::Call(house.Serve("tcp://127.0.0.1:0"), {.transports = {"tcp"}}));
  EXPECT_FALSE(house.door.caller().has_value());
}

TEST(Identity, OverTlsItIsTheCallersCertificate) {
  polycall::TlsOptions own = Certificates("server");
  own.require_client_certificate = true;
  House house({.tls = own});
  const std::string target = house.Serve("tls://127.0.0.1:0");
  EXPECT_OK(House::Call(target, {.tls = Certificates("client")}));
  ASSERT_TRUE(house.door.caller().has_value());
  EXPECT_EQ(house.door.caller()->subject, "CN=interop client");
  EXPECT_THAT(house.door.caller()->names, Contains("URI:spiffe://polycall.test/interop-client"));

  polycall::TlsOptions nameless = Certificates("client");
  nameless.certificate_file.clear();
  nameless.key_file.clear();
  EXPECT_FALSE(House::Call(target, {.tls = nameless}).ok());
  EXPECT_THAT(
      House::Call(target, {.tls = polycall::TlsOptions{.ca_file = "/no/such/file.pem"}}).ToString(),
      HasSubstr("/no/such/file.pem"));
}

TEST(Allow, OnlyThoseOnTheListMayCall) {
  House house;
  EXPECT_OK(house.server.Allow(kService, {Stranger()}));
  const std::string target = house.Serve(UnixTarget("closed"));
  EXPECT_EQ(House::Call(target).code(), Code::kPermissionDenied);

  House open;
  EXPECT_OK(open.server.Allow("", {Stranger(), Own()}));
  EXPECT_OK(House::Call(open.Serve(UnixTarget("open"))));
}

TEST(Allow, WhatIsNoIdentityOrNoServiceIsRefused) {
  House house;
  const polycall::Status status = house.server.Allow(kService, {"everybody"});
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("everybody"));
  EXPECT_EQ(house.server.Allow("no.such.Service", {Own()}).code(), Code::kNotFound);
}

}  // namespace
}  // namespace polycall_cpp_test
