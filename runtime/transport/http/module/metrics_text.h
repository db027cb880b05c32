// Prometheus' text form of a report.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_METRICS_TEXT_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_METRICS_TEXT_H_

#include <cstdint>
#include <string>

#include "transport/server_report.h"

namespace polycall::transport::http {

std::string MetricsText(const ServerReport& report);

// Calls of at most `seconds`. Where that lies inside a bucket, a share of the bucket: the same at every
// question, so that what grows never shrinks.
uint64_t CallsWithin(const call::MethodCounts& counts, double ns_per_tick, double seconds);
// The duration, in nanoseconds, that the share `quantile` of the calls did not exceed; 0 for none.
double DurationQuantile(const call::MethodCounts& counts, double ns_per_tick, double quantile);
// "OK", "UNAVAILABLE"
const char* StatusName(int code);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_METRICS_TEXT_H_
