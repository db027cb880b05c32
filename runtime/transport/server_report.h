// ServerReport: what a server is and has done, for those who show it (the http module, the built-in
// services). Plain values, so that a module can read it without the library's symbols.
#ifndef POLYCALL_TRANSPORT_SERVER_REPORT_H_
#define POLYCALL_TRANSPORT_SERVER_REPORT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "call/method.h"
#include "call/method_metrics.h"

namespace polycall::transport {

struct MethodReport {
  const call::MethodSpec* method;  // as long as the server
  bool built_in;
  call::MethodCounts counts;
};

struct SlowCall {
  std::string method;  // "calc.v1.Calc/Add"
  std::string peer;
  std::string transport;
  int32_t code = 0;
  uint64_t ticks = 0;
  int64_t ended_unix_ms = 0;
};

struct ServerReport {
  std::string name;
  std::string version;
  bool serving = false;
  std::map<std::string, int> health;  // of services; grpc.health.v1's numbers
  std::vector<std::string> addresses;
  std::vector<std::string> transports;  // that may be spoken

  int64_t uptime_ns = 0;
  double ns_per_tick = 1;
  uint64_t threads = 0;
  uint64_t calls_waiting = 0;  // for a thread that pulls them
  uint64_t tasks_waiting = 0;  // for a thread of the pool
  uint64_t calls_queued = 0;   // for their turn, where so many may run at once
  uint64_t connections_accepted = 0;
  uint64_t protocol_errors = 0;
  std::map<std::string, uint64_t> connections;  // open ones, by what they speak

  std::vector<MethodReport> methods;  // by service and number
  std::vector<SlowCall> slow;         // slowest first
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_SERVER_REPORT_H_
