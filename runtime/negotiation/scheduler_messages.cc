#include "negotiation/scheduler_messages.h"

#include "base/log.h"
#include "base/wire.h"
#include "negotiation/resolvers.h"

namespace polycall::negotiation {
namespace {

using base::WireReader;
using base::WireType;
using base::WireWriter;

constexpr size_t kMaxAddresses = 4096;

base::Status Malformed(const WireReader& reader, const char* message) {
  return base::Internal("the scheduler's answer is malformed: " + std::string(message) +
                        " at byte " + std::to_string(reader.position()) + ": " + reader.error());
}

base::Status DecodeEndpoint(std::string_view bytes, std::vector<Address>* out) {
  constexpr uint64_t kSameHost = 1;
  std::string_view target;
  Address address;
  address.ready = false;
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(1, WireType::kBytes)) target = reader.bytes();
    if (reader.Is(2, WireType::kBytes)) address.instance = reader.bytes();
    if (reader.Is(3, WireType::kVarint)) address.ready = reader.number() != 0;
    if (reader.Is(4, WireType::kVarint)) address.local = reader.number() == kSameHost;
  }
  if (!reader.ok()) return Malformed(reader, "Endpoint");
  if (base::Status status = MakeAddress(target, &address); !status.ok()) {
    POLYCALL_LOG(POLYCALL_LOG_WARNING,
                 "an endpoint of the scheduler's is skipped: " + std::string(status.message()));
    return {};
  }
  out->push_back(std::move(address));
  return {};
}

base::Status DecodeModule(std::string_view bytes, InprocModule* out) {
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(1, WireType::kBytes)) out->language = reader.bytes();
    if (reader.Is(2, WireType::kBytes)) out->module = reader.bytes();
    if (reader.Is(3, WireType::kBytes)) out->services.emplace_back(reader.bytes());
  }
  return reader.ok() ? base::Status() : Malformed(reader, "InprocModule");
}

}  // namespace

std::string EncodeWatchRequest(std::string_view service, uint64_t channel,
                               std::string_view program) {
  std::string out;
  WireWriter writer(&out);
  writer.AddBytes(1, service);
  writer.AddVarint(2, channel);
  writer.AddBytes(3, program);
  return out;
}

base::Status DecodeResolution(std::string_view bytes, Resolution* out) {
  *out = Resolution();
  WireReader reader(bytes);
  base::Status status;
  while (status.ok() && reader.Next()) {
    if (reader.Is(1, WireType::kBytes) && out->addresses.size() < kMaxAddresses) {
      status = DecodeEndpoint(reader.bytes(), &out->addresses);
    }
    if (reader.Is(2, WireType::kVarint) && reader.number() <= POLYCALL_BALANCING_LEAST_IN_FLIGHT) {
      out->balancing = static_cast<polycall_balancing>(reader.number());
    }
    if (reader.Is(3, WireType::kVarint)) {
      const auto time = static_cast<int64_t>(reader.number());
      out->call_time_ns = time > 0 ? time : 0;
    }
    if (reader.Is(4, WireType::kBytes)) status = DecodeModule(reader.bytes(), &out->inproc);
    if (reader.Is(5, WireType::kBytes)) out->unavailable = reader.bytes();
  }
  if (!status.ok()) return status;
  return reader.ok() ? base::Status() : Malformed(reader, "Resolution");
}

std::string EncodeReportRequest(std::string_view service, uint64_t channel,
                                const std::vector<Wiring>& wirings) {
  std::string out;
  WireWriter writer(&out);
  writer.AddBytes(1, service);
  writer.AddVarint(2, channel);
  for (const Wiring& wiring : wirings) {
    std::string nested;
    WireWriter inner(&nested);
    inner.AddBytes(1, wiring.instance);
    inner.AddBytes(2, wiring.target);
    inner.AddBytes(3, wiring.transport);
    writer.AddMessage(3, nested);
  }
  return out;
}

}  // namespace polycall::negotiation
