#include "handshake_protobuf.h"

namespace polycall::negotiation {
namespace {

Limits FromProtobuf(const v1::Limits& message) {
  return {message.max_message_size(), message.max_metadata_size(), message.max_calls(),
          message.call_window(), message.connection_window()};
}

HostIdentity FromProtobuf(const v1::HostIdentity& message) {
  return {message.boot_id(), message.process(), message.network_namespace(), message.uid()};
}

ServiceInfo FromProtobuf(const v1::ServiceInfo& message) {
  ServiceInfo service{message.name(), message.fingerprint(), {}};
  for (const v1::MethodInfo& method : message.methods()) {
    service.methods.push_back({method.name(), static_cast<int32_t>(method.kind()), method.flags()});
  }
  return service;
}

template <typename List>
std::vector<std::string> Texts(const List& list) {
  return {list.begin(), list.end()};
}

}  // namespace

Hello FromProtobuf(const v1::Hello& message) {
  Hello hello;
  hello.min_version = message.min_version();
  hello.max_version = message.max_version();
  hello.limits = FromProtobuf(message.limits());
  hello.features = Texts(message.features());
  hello.user_agent = message.user_agent();
  hello.host = FromProtobuf(message.host());
  hello.transports = Texts(message.transports());
  hello.compressions = Texts(message.compressions());
  for (const auto& service : message.services()) hello.services.push_back(FromProtobuf(service));
  return hello;
}

Accept FromProtobuf(const v1::Accept& message) {
  Accept accept;
  accept.version = message.version();
  accept.limits = FromProtobuf(message.limits());
  accept.features = Texts(message.features());
  accept.server_name = message.server_name();
  accept.host = FromProtobuf(message.host());
  for (const auto& offer : message.offers()) {
    accept.offers.push_back({offer.transport(), offer.address()});
  }
  accept.compression = message.compression();
  for (const auto& service : message.services()) accept.services.push_back(FromProtobuf(service));
  return accept;
}

}  // namespace polycall::negotiation
