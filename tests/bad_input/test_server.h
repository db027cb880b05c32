// A live server over unix and tcp for the tests of this folder, made with the public C ABI alone.
#ifndef POLYCALL_TESTS_BAD_INPUT_TEST_SERVER_H_
#define POLYCALL_TESTS_BAD_INPUT_TEST_SERVER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "polycall/polycall.h"

namespace polycall::bad_input {

// A folder in /tmp that goes away with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Serves bad.Echo: Unary(x) -> x; Collect(stream) -> the last; Chat(stream) -> stream, echoed;
// Flood(x) -> stream of x without end, until the call is cancelled; Ignore(stream) -> nothing, after a
// moment in which it reads nothing; Repeat(x) -> stream of four x.
class TestServer {
 public:
  explicit TestServer(const polycall_server_options& options = Defaults());
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  static polycall_server_options Defaults() { return POLYCALL_SERVER_OPTIONS_INIT; }

  // "unix" or "tcp": what callers name.
  const std::string& Target(std::string_view transport) const;
  polycall_server* get() const { return server_; }
  polycall_server_stats Stats() const;
  // How many Flood handlers have ended.
  int floods_ended() const { return floods_ended_; }

 private:
  static void Flood(void* arg, polycall_call* call, const polycall_message* request);

  TemporaryFolder folder_;
  std::string unix_target_, tcp_target_;
  std::atomic<int> floods_ended_{0};
  polycall_server* server_ = nullptr;
};

struct Outcome {
  int32_t code;
  std::string message;
  std::string response;
};

// One unary call of bad.Echo/Unary on a channel of its own, within 20 s.
Outcome CallOnce(const std::string& target, std::string_view request);

// True when a good call comes back as it should: the server has survived.
bool Answers(const std::string& target);

}  // namespace polycall::bad_input

#endif  // POLYCALL_TESTS_BAD_INPUT_TEST_SERVER_H_
