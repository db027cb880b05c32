// A server and a caller of shm.Echo, through the public C ABI, over shared memory and nothing else.
#ifndef POLYCALL_TESTS_SHM_ECHO_H_
#define POLYCALL_TESTS_SHM_ECHO_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "polycall/polycall.h"

namespace polycall::shm_test {

inline constexpr int64_t kPatienceNs = 60'000'000'000;

// A folder in /tmp that goes away with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string Path(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// Echo (unary) at unix:`path`.
class EchoServer {
 public:
  explicit EchoServer(const std::string& path);
  ~EchoServer() { polycall_server_free(server_); }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;
  uint64_t connections() const;

 private:
  polycall_server* server_;
};

class EchoClient {
 public:
  explicit EchoClient(const std::string& path, uint32_t max_attempts = 1);
  ~EchoClient() { polycall_channel_free(channel_); }
  EchoClient(const EchoClient&) = delete;
  EchoClient& operator=(const EchoClient&) = delete;
  // The call's code; INTERNAL too if the answer is another than `request`.
  polycall_code Call(std::string_view request, int64_t timeout_ns = kPatienceNs);
  const char* transport() const { return polycall_channel_transport(channel_); }

 private:
  polycall_channel* channel_;
  const polycall_method* method_;
};

}  // namespace polycall::shm_test

#endif  // POLYCALL_TESTS_SHM_ECHO_H_
