// What the tests of this folder share: servers and clients with TLS options, and what they end with.
#ifndef POLYCALL_TESTS_TLS_HARNESS_H_
#define POLYCALL_TESTS_TLS_HARNESS_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client.h"
#include "echo_server.h"
#include "tls_files.h"

namespace polycall::testing_tls {

using conformance::Client;
using conformance::EchoServer;
using conformance::Outcome;

inline constexpr char kTlsTarget[] = "tls://127.0.0.1:0";
inline constexpr char kTcpTarget[] = "tcp://127.0.0.1:0";

// One attempt, one call.
Outcome CallOnce(const std::string& target, const TlsSettings& tls);
// The same with no TLS options.
Outcome CallOnce(const std::string& target);

EchoServer::Options With(const polycall_tls_options& tls);
// What `listen` says to a server with these options.
Outcome ListenWith(const TlsSettings& tls, const std::string& target = kTlsTarget);

// "CN=caller|DNS:a|DNS:b" of a handler's call; "nobody".
std::string IdentityText(polycall_call* call);
// An echo server's handler that answers with it.
void AnswerIdentity(polycall_call* call, const polycall_message* request);

// Keeps the lines that the library logs while it lives. One at a time.
class LogLines {
 public:
  LogLines();
  ~LogLines();
  // Waits for a line with `text`; false after the time that only a hang takes.
  bool WaitFor(const std::string& text);
  std::string All();

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace polycall::testing_tls

#endif  // POLYCALL_TESTS_TLS_HARNESS_H_
