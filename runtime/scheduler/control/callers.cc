#include "control/callers.h"

#include <fstream>
#include <tuple>

namespace polycall::scheduler {
namespace {

// What one report may hold: it is kept as long as the watch goes on.
constexpr int kMostWiring = 1000;
constexpr size_t kLongestName = 100;

std::string NameOf(const Peer& peer, const v1::WatchRequest& request) {
  if (!request.program().empty()) {
    return request.program().substr(0, kLongestName);
  }
  std::string name;
  if (peer.pid > 0) {
    std::ifstream file("/proc/" + std::to_string(peer.pid) + "/comm");
    std::getline(file, name);
  }
  return name.empty() ? "a caller" : name;
}

// Of peers that the kernel vouches for; others are told apart by their address.
bool SameProcess(const Peer& a, const Peer& b) {
  return a.pid != 0 || b.pid != 0 ? a.pid == b.pid && a.uid == b.uid : a.text == b.text;
}

}  // namespace

uint64_t Callers::Add(const Peer& peer, const v1::WatchRequest& request) {
  watches_.emplace(++last_, Watching{.peer = peer,
                                     .caller = NameOf(peer, request),
                                     .service = request.service(),
                                     .channel = request.channel(),
                                     .wiring = {}});
  return last_;
}

void Callers::Report(const Peer& peer, const v1::ReportRequest& request) {
  for (auto& [id, watch] : watches_) {
    if (watch.channel == request.channel() && watch.service == request.service() &&
        SameProcess(watch.peer, peer)) {
      watch.wiring.clear();
      for (const v1::Wiring& wiring : request.wiring()) {
        if (watch.wiring.size() == kMostWiring) break;
        watch.wiring.push_back(wiring);
      }
    }
  }
}

std::vector<v1::Wire> Callers::Wires() const {
  std::map<std::tuple<std::string, int32_t, uint32_t, std::string, std::string, std::string>,
           uint32_t>
      counts;
  for (const auto& [id, watch] : watches_) {
    const uint32_t uid = watch.peer.uid.value_or(0);
    for (const v1::Wiring& wiring : watch.wiring) {
      ++counts[{watch.caller, watch.peer.pid, uid, watch.service, wiring.instance(),
                wiring.transport()}];
    }
    if (watch.wiring.empty()) {
      ++counts[{watch.caller, watch.peer.pid, uid, watch.service, "", ""}];
    }
  }
  std::vector<v1::Wire> wires;
  for (const auto& [key, count] : counts) {
    v1::Wire& wire = wires.emplace_back();
    wire.set_caller(std::get<0>(key));
    wire.set_pid(std::get<1>(key));
    wire.set_uid(std::get<2>(key));
    wire.set_service(std::get<3>(key));
    wire.set_instance(std::get<4>(key));
    wire.set_transport(std::get<5>(key));
    wire.set_channels(count);
  }
  return wires;
}

}  // namespace polycall::scheduler
