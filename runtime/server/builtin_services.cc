#include "server/builtin_services.h"

#include "base/wire.h"

namespace polycall::server {
namespace {

// polycall.v1.Description/GetServices: GetServicesRequest { repeated string services = 1; },
// GetServicesResponse { repeated DescribedService services = 1; }, DescribedService { string name =
// 1; fixed64 fingerprint = 2; bytes file_descriptor_set = 3; }. idl/polycall/v1/description.proto.
void GetServices(void* arg, polycall_call* abi_call, const polycall_message* request) {
  const auto* self = static_cast<const Server*>(arg);
  auto* call = call::Call::From(abi_call);
  std::vector<std::string> wanted;
  base::WireReader reader(call::BytesOf(*request));
  while (reader.Next()) {
    if (reader.Is(1, base::WireType::kBytes)) wanted.emplace_back(reader.bytes());
  }
  if (!reader.ok()) {
    return call->Finish(base::InvalidArgument("the request is no polycall.v1.GetServicesRequest"),
                        nullptr);
  }
  std::string response;
  base::WireWriter writer(&response);
  const auto add = [&writer](const Service& service) {
    std::string described;
    base::WireWriter fields(&described);
    fields.AddBytes(1, service.name);
    fields.AddFixed64(2, service.fingerprint);
    fields.AddBytes(3, service.file_descriptor_set);
    writer.AddMessage(1, described);
  };
  if (wanted.empty()) {
    for (const auto& [name, service] : self->services()) add(service);
  }
  for (const std::string& name : wanted) {
    auto it = self->services().find(name);
    if (it == self->services().end()) {
      return call->Finish({POLYCALL_NOT_FOUND, "this server has no service \"" + name + "\""},
                          nullptr);
    }
    add(it->second);
  }
  const polycall_message message = call::ViewMessage(response, nullptr);
  call->Finish({}, &message);
}

// Durations of the methods' scale, as counts per power of two of microseconds.
class Latencies {
 public:
  explicit Latencies(double ns_per_tick) : ns_per_tick_(ns_per_tick) {}
  void Add(const call::MethodCounts& counts) {
    for (int bucket = 0; bucket < call::kDurationBuckets; ++bucket) {
      const uint64_t calls = counts.durations[bucket];
      if (calls == 0) continue;
      const double us = static_cast<double>(call::BucketBegin(bucket)) * ns_per_tick_ / 1000;
      size_t power = 0;
      while (static_cast<double>(uint64_t{1} << power) <= us) ++power;
      if (buckets_.size() <= power) buckets_.resize(power + 1);
      buckets_[power] += calls;
      count_ += calls;
    }
    ticks_ += counts.ticks;
  }
  // Fields `first` (count), first + 1 (sum) and first + 2 (buckets).
  void Write(base::WireWriter* writer, uint32_t first) const {
    writer->AddVarint(first, count_);
    writer->AddVarint(first + 1, static_cast<uint64_t>(static_cast<double>(ticks_) * ns_per_tick_));
    for (const uint64_t calls : buckets_) writer->AddVarint(first + 2, calls);
  }

 private:
  const double ns_per_tick_;
  uint64_t count_ = 0;
  uint64_t ticks_ = 0;
  std::vector<uint64_t> buckets_;
};

// polycall.v1.Description/GetStats: Stats, whose fields 1 to 7 are the counters in their order.
void GetStats(void* arg, polycall_call* abi_call, const polycall_message*) {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  static_cast<Server*>(arg)->GetStats(&stats);
  std::string response;
  base::WireWriter writer(&response);
  uint32_t field = 0;
  for (const uint64_t counter :
       {stats.connections_open, stats.connections_accepted, stats.calls_started,
        stats.calls_in_flight, stats.calls_failed, stats.protocol_errors, stats.threads}) {
    writer.AddVarint(++field, counter);
  }
  transport::ServerReport report;
  static_cast<Server*>(arg)->Report(&report);
  Latencies all(report.ns_per_tick);
  for (const transport::MethodReport& method : report.methods) {
    if (!method.built_in) all.Add(method.counts);
  }
  all.Write(&writer, 8);
  for (const transport::MethodReport& method : report.methods) {
    if (method.counts.started == 0) continue;
    std::string row;
    base::WireWriter fields(&row);
    fields.AddBytes(1, method.method->service);
    fields.AddBytes(2, method.method->method);
    fields.AddVarint(3, method.counts.started);
    fields.AddVarint(4, method.counts.failed());
    fields.AddVarint(5, method.counts.in_flight());
    fields.AddVarint(6, method.counts.bytes_in);
    fields.AddVarint(7, method.counts.bytes_out);
    Latencies own(report.ns_per_tick);
    own.Add(method.counts);
    own.Write(&fields, 8);
    writer.AddMessage(11, row);
  }
  for (const auto& [transport, count] : report.connections) {
    std::string row;
    base::WireWriter fields(&row);
    fields.AddBytes(1, transport);
    fields.AddVarint(2, count);
    writer.AddMessage(12, row);
  }
  const polycall_message message = call::ViewMessage(response, nullptr);
  call::Call::From(abi_call)->Finish({}, &message);
}

polycall_method_descriptor Method(const char* name, polycall_kind kind) {
  polycall_method_descriptor method = {};
  method.struct_size = sizeof(method);
  method.name = name;
  method.kind = kind;
  method.flags = POLYCALL_METHOD_IDEMPOTENT | POLYCALL_METHOD_INLINE;
  return method;
}

polycall_handler Handler(polycall_handler_fn fn, void* arg) {
  polycall_handler handler = POLYCALL_HANDLER_INIT;
  handler.fn = fn;
  handler.arg = arg;
  return handler;
}

base::Status Add(Server* server, const char* name, const polycall_method_descriptor* methods,
                 const polycall_handler* handlers, size_t count) {
  if (server->services().count(name) != 0) return {};  // the user's own
  polycall_service_descriptor service = {};
  service.struct_size = sizeof(service);
  service.name = name;
  service.methods = methods;
  service.method_count = count;
  service.method_stride = sizeof(polycall_method_descriptor);
  base::Status status =
      server->AddService(service, handlers, sizeof(polycall_handler), nullptr, nullptr);
  if (status.ok()) server->MarkBuiltIn(name);
  return status;
}

}  // namespace

base::Status AddBuiltinServices(Server* server, bool description) {
  const polycall_method_descriptor health[] = {Method("Check", POLYCALL_UNARY),
                                               Method("Watch", POLYCALL_SERVER_STREAMING)};
  const polycall_handler health_handlers[] = {Handler(&Health::Check, &server->health()),
                                              Handler(&Health::Watch, &server->health())};
  base::Status status = Add(server, kHealthService, health, health_handlers, 2);
  if (!status.ok() || !description) return status;
  const polycall_method_descriptor describe[] = {Method("GetServices", POLYCALL_UNARY),
                                                 Method("GetStats", POLYCALL_UNARY)};
  const polycall_handler describe_handlers[] = {Handler(&GetServices, server),
                                                Handler(&GetStats, server)};
  status = Add(server, "polycall.v1.Description", describe, describe_handlers, 2);
  // The same conversation under its two names.
  const polycall_method_descriptor info = Method("ServerReflectionInfo", POLYCALL_BIDI_STREAMING);
  const polycall_handler info_handler = Handler(&Reflection::Info, &server->reflection());
  for (const char* name :
       {"grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}) {
    if (status.ok()) status = Add(server, name, &info, &info_handler, 1);
  }
  for (const auto& [name, service] : server->services()) {
    server->reflection().Add(name, service.file_descriptor_set);
  }
  return status;
}

}  // namespace polycall::server
