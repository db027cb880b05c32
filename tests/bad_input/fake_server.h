// A server on a loopback port that does whatever a test wants.
#ifndef POLYCALL_TESTS_BAD_INPUT_FAKE_SERVER_H_
#define POLYCALL_TESTS_BAD_INPUT_FAKE_SERVER_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "raw_peer.h"

namespace polycall::bad_input {

// Accepts on a loopback port and hands every connection to `serve`, one after the other, on a thread of
// its own.
class FakeServer {
 public:
  explicit FakeServer(std::function<void(RawPeer&)> serve);
  ~FakeServer();  // waits until `serve` returns
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  const std::string& target() const { return target_; }

 private:
  void Run();

  std::function<void(RawPeer&)> serve_;
  std::string target_;
  int fd_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// An ACCEPT that has bad.Echo with the method Unary.
std::string AcceptBytes();

// Reads the preface and the HELLO.
bool ReadOpening(RawPeer* peer);

}  // namespace polycall::bad_input

#endif  // POLYCALL_TESTS_BAD_INPUT_FAKE_SERVER_H_
