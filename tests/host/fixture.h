// A server with a module in it, and a channel to it: what the tests of each host share.
#ifndef POLYCALL_TESTS_HOST_FIXTURE_H_
#define POLYCALL_TESTS_HOST_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "polycall/cpp.h"
#include "polycall/host.h"

namespace polycall_tests {

// The status of loading `module` into a server that is then dropped.
inline polycall::Status TryLoad(const std::string& language, const std::string& module) {
  polycall::Server server;
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = language.c_str();
  options.module = module.c_str();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_host_load(server.get(), &options, &status);
  return polycall::Status::Take(&status);
}

// Serves modules over inproc and a unix socket; ends with the test.
class Hosted {
 public:
  // `argument`, if there is one, is for the language's runtime when this starts it.
  Hosted(const std::string& language, const std::string& module, const char* argument = nullptr) {
    polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
    options.language = language.c_str();
    options.module = module.c_str();
    const char* const arguments[] = {argument, nullptr};
    options.arguments = arguments;
    polycall_status status = POLYCALL_STATUS_INIT;
    EXPECT_EQ(polycall_host_load(server_.get(), &options, &status), POLYCALL_OK)
        << (status.message != nullptr ? status.message : "");
    polycall_status_clear(&status);
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    inproc_ = *server_.Listen("inproc:" + std::string(test->name()));
    tcp_ = *server_.Listen("tcp://127.0.0.1:0");
    EXPECT_TRUE(server_.Start().ok());
  }

  // Channels that callers in this process and outside of it would have.
  std::shared_ptr<polycall::Channel> inproc() const {
    return polycall::Channel::Create(inproc_).value();
  }
  std::shared_ptr<polycall::Channel> tcp() const { return polycall::Channel::Create(tcp_).value(); }

 private:
  polycall::Server server_;
  std::string inproc_;
  std::string tcp_;
};

}  // namespace polycall_tests

#endif  // POLYCALL_TESTS_HOST_FIXTURE_H_
