// The transports under test: how each makes a fresh address, and one line that instantiates the
// suite.
#include "transports.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "client.h"
#include "polycall/polycall.h"
#include "tls_files.h"

namespace polycall::conformance {
namespace {

int NextNumber() {
  static std::atomic<int> number{0};
  return ++number;
}

// ---- inproc

std::string FreshInproc() { return "inproc:conformance-" + std::to_string(NextNumber()); }

const TransportUnderTest kInproc = {"inproc",    "inproc:",   {"inproc", nullptr},
                                    FreshInproc, FreshInproc, {"inproc:"}};

// ---- unix

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char path[] = "/tmp/polycall-conformance-XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string FreshUnix() {
  static TemporaryFolder folder;
  return "unix:" + folder.path() + "/" + std::to_string(NextNumber());
}

const TransportUnderTest kUnix = {
    "unix",    "unix:",   {"unix", nullptr},
    FreshUnix, FreshUnix, {"unix:", "unix:/tmp/" + std::string(108, 'x')}};

// ---- shm: a unix connection that moves in its handshake

const TransportUnderTest kShm = {"shm", "unix:", {"shm", nullptr}, FreshUnix, FreshUnix, {"unix:"}};

// ---- tcp

std::string FreshTcp() { return "tcp://127.0.0.1:0"; }

// A port that the system gives out next is hardly the one that it gave out last.
std::string VacantPort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  close(fd);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

std::string VacantTcp() { return "tcp://" + VacantPort(); }

const TransportUnderTest kTcp = {
    "tcp",
    "tcp://",
    {"tcp", nullptr},
    FreshTcp,
    VacantTcp,
    {"tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:65536", "tcp://127.0.0.1:x",
     "tcp://[::1", "tcp://::1:80"}};

// ---- tls

std::string FreshTls() { return "tls://127.0.0.1:0"; }
std::string VacantTls() { return "tls" + VacantTcp().substr(3); }

const TransportUnderTest kTls = {
    "tls",    "tls://",  {"tls", nullptr},
    FreshTls, VacantTls, {"tls://", "tls://127.0.0.1", "tls://127.0.0.1:x", "tls://::1:80"}};

const polycall_tls_options* TlsFor(std::string_view target, bool server) {
  if (!target.starts_with("tls://")) return nullptr;
  static const testing_tls::TlsSettings settings[] = {
      testing_tls::ClientTls(testing_tls::SharedTlsFiles()),
      testing_tls::ServerTls(testing_tls::SharedTlsFiles(), "server")};
  static const polycall_tls_options options[] = {settings[0].Abi(), settings[1].Abi()};
  return &options[server ? 1 : 0];
}

// ---- grpc

std::string FreshGrpc() { return "grpc://127.0.0.1:0"; }
std::string VacantGrpc() { return "grpc://" + VacantPort(); }

// What HTTP/2 and gRPC hold on the way, beside what the receiver's window lets in: up to 210 KiB was
// seen, the buffers of both ends and a window that grows with the measured bandwidth. A call that
// comes at the moment of grpc_server_shutdown_and_notify may be neither given to the server nor ended by
// gRPC (seen with 1.51).
[[maybe_unused]] const TransportUnderTest kGrpc = {
    "grpc",
    "grpc://",
    {"grpc", nullptr},
    FreshGrpc,
    VacantGrpc,
    {"grpc://", "grpc://127.0.0.1", "grpc://127.0.0.1:65536", "grpc://[::1"},
    320 * 1024,
    true};

}  // namespace

const polycall_tls_options* ServerTlsFor(std::string_view target) { return TlsFor(target, true); }
const polycall_tls_options* ClientTlsFor(std::string_view target) { return TlsFor(target, false); }

// Some tests provoke what is worth a warning.
TransportConformance::TransportConformance() {
  polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
  Client::Allow(GetParam()->allowed.data());
}

INSTANTIATE_TEST_SUITE_P(Inproc, TransportConformance, testing::Values(&kInproc));
INSTANTIATE_TEST_SUITE_P(Unix, TransportConformance, testing::Values(&kUnix));
INSTANTIATE_TEST_SUITE_P(Shm, TransportConformance, testing::Values(&kShm));
INSTANTIATE_TEST_SUITE_P(Tcp, TransportConformance, testing::Values(&kTcp));
INSTANTIATE_TEST_SUITE_P(Tls, TransportConformance, testing::Values(&kTls));
#ifdef POLYCALL_TEST_GRPC
INSTANTIATE_TEST_SUITE_P(Grpc, TransportConformance, testing::Values(&kGrpc));
#endif

}  // namespace polycall::conformance
