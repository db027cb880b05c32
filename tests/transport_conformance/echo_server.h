// A server of one service with a method of each kind, whose handlers a test may replace.
#ifndef POLYCALL_TESTS_TRANSPORT_CONFORMANCE_ECHO_SERVER_H_
#define POLYCALL_TESTS_TRANSPORT_CONFORMANCE_ECHO_SERVER_H_

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "polycall/polycall.h"

namespace polycall::conformance {

inline constexpr char kServiceName[] = "conformance.Echo";
extern const polycall_method_descriptor kMethods[4];  // by polycall_kind

using Handler = std::function<void(polycall_call* call, const polycall_message* request)>;

// What the handlers do unless a test says otherwise. They finish their call.
struct Handlers {
  Handler unary;             // answers with the request
  Handler client_streaming;  // answers "<messages>:<bytes>"
  Handler server_streaming;  // the request is a number: so many messages, "0", "1" and so on
  Handler bidi;              // sends back each message
};

class EchoServer {
 public:
  struct Options {
    Handlers handlers = {};
    uint32_t call_window = 0;   // 0: the default
    bool asynchronous = false;  // handlers finish after they returned
    // The address is a draining server's, which refuses calls a moment before it lets it go.
    bool waits_for_address = false;
    // NULL: as the transport's test has them.
    const polycall_tls_options* tls = nullptr;
    std::vector<const char*> allowed = {};  // identities; empty: everybody
    const polycall_interceptor* interceptor = nullptr;
  };
  // Listens on `target` and serves.
  EchoServer(const std::string& target, Options options);
  explicit EchoServer(const std::string& target) : EchoServer(target, Options()) {}
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  // What callers name.
  const std::string& target() const { return target_; }
  polycall_server* get() const { return server_; }

 private:
  std::array<Handler, 4> handlers_;
  std::string target_;
  polycall_server* server_ = nullptr;
};

// For handlers.
void Finish(polycall_call* call, std::string_view response);
void FinishStream(polycall_call* call);
void FinishWith(polycall_call* call, polycall_code code, const char* message,
                std::string_view details = {});
polycall_message View(std::string_view bytes);
std::string Text(const polycall_message& message);

}  // namespace polycall::conformance

#endif  // POLYCALL_TESTS_TRANSPORT_CONFORMANCE_ECHO_SERVER_H_
