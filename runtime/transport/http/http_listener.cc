#include "transport/http/http_listener.h"

#include "base/module.h"
#include "transport/http/http_connection.h"

namespace polycall::transport::http {
namespace {

std::string Farewell(const char* status, const std::string& why) {
  const std::string body = why + "\n";
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

class AcceptorSite final : public Site {
 public:
  explicit AcceptorSite(Acceptor* acceptor) : acceptor_(acceptor) {}
  void Report(ServerReport* report) override { acceptor_->Report(report); }
  const call::MethodSpec* FindMethod(std::string_view path) override {
    return acceptor_->FindMethod(path);
  }
  std::string_view FileDescriptorSet(std::string_view service) override {
    return acceptor_->FileDescriptorSet(service);
  }
  uint64_t max_message_size() const override { return acceptor_->limits().max_message_size; }
  uint32_t max_metadata_size() const override { return acceptor_->limits().max_metadata_size; }
  std::vector<std::pair<std::string, uint64_t>> limits() const override {
    const Limits& limits = acceptor_->limits();
    const auto time = [](int64_t ns) { return static_cast<uint64_t>(ns); };
    return {{"max_message_size", limits.max_message_size},
            {"max_metadata_size", limits.max_metadata_size},
            {"max_calls_per_connection", limits.max_calls},
            {"max_connections", limits.max_connections},
            {"call_window", limits.call_window},
            {"connection_window", limits.connection_window},
            {"max_pending_calls", limits.max_pending_calls},
            {"handshake_timeout_ns", time(limits.handshake_timeout_ns)},
            {"idle_timeout_ns", time(limits.idle_timeout_ns)},
            {"keepalive_interval_ns", time(limits.keepalive_interval_ns)},
            {"keepalive_timeout_ns", time(limits.keepalive_timeout_ns)}};
  }

 private:
  Acceptor* const acceptor_;
};

}  // namespace

void TakeHttp(Handover handover) {
  Acceptor* const acceptor = handover.acceptor;
  Home* const home = handover.home;
  if (!acceptor->Allows("http")) {
    const std::string why = "this server's option transports does not allow \"http\"";
    return Refuse(std::move(handover), why, Farewell("403 Forbidden", why));
  }
  const void* entry = nullptr;
  if (base::Status loaded = base::LoadModule("http", &entry); !loaded.ok()) {
    const std::string why(loaded.message());
    return Refuse(std::move(handover), why, Farewell("501 Not Implemented", why));
  }
  auto* const module = static_cast<Module*>(const_cast<void*>(entry));
  const auto state = acceptor->ModuleState("http", [&]() -> std::shared_ptr<void> {
    return std::shared_ptr<Face>(module->NewFace(std::make_unique<AcceptorSite>(acceptor)));
  });
  auto connection = base::Ref<HttpConnection>::Adopt(
      new HttpConnection(std::move(handover), std::static_pointer_cast<Face>(state)));
  if (!home->Enrol(connection.get())) {
    acceptor->ConnectionClosed();
    return;
  }
  if (!connection->Open()) {
    home->Forget(connection.get());
    acceptor->ConnectionClosed();
    return;
  }
  if (acceptor->draining()) connection->Drain();
}

}  // namespace polycall::transport::http
