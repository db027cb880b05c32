#include "transport/http/module/metrics_text.h"

#include <cmath>
#include <cstdio>

#include "transport/http/module/front.h"

namespace polycall::transport::http {
namespace {

constexpr double kBounds[] = {1e-6, 2.5e-6, 5e-6,   1e-5, 2.5e-5, 5e-5,   1e-4, 2.5e-4,
                              5e-4, 1e-3,   2.5e-3, 5e-3, 1e-2,   2.5e-2, 5e-2, 0.1,
                              0.25, 0.5,    1.0,    2.5,  5.0,    10.0,   30.0, 60.0};

std::string Number(double value) {
  char text[32];
  snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

std::string Label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

class Text {
 public:
  void Family(const char* name, const char* type, const char* help) {
    name_ = std::string("polycall_server_") + name;
    out_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void Sample(const std::string& labels, const std::string& value, const char* suffix = "") {
    out_ += name_ + suffix + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }
  void Sample(const std::string& labels, uint64_t value, const char* suffix = "") {
    Sample(labels, std::to_string(value), suffix);
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string name_;
  std::string out_;
};

void ServerFamilies(const ServerReport& report, Text* text) {
  text->Family("info", "gauge", "What this server is; always 1.");
  text->Sample("name=\"" + Label(report.name) + "\",version=\"" + Label(report.version) + "\"",
               uint64_t{1});
  text->Family("serving", "gauge", "1 while the server's health is SERVING.");
  text->Sample("", uint64_t{report.serving});
  text->Family("uptime_seconds", "gauge", "Since the server was made.");
  text->Sample("", Number(static_cast<double>(report.uptime_ns) / 1e9));
  text->Family("threads", "gauge", "Threads of the server's reactor.");
  text->Sample("", report.threads);
  text->Family("connections", "gauge", "Open connections by what they speak.");
  for (const auto& [transport, count] : report.connections) {
    text->Sample("transport=\"" + Label(transport) + "\"", count);
  }
  text->Family("connections_accepted_total", "counter", "Connections that came in.");
  text->Sample("", report.connections_accepted);
  text->Family("protocol_errors_total", "counter",
               "Connections that were refused or broke the rules.");
  text->Sample("", report.protocol_errors);
  text->Family(
      "queue_length", "gauge",
      "Calls that wait: \"pull\" for a thread that asks for them, \"tasks\" for one of the pool, "
      "\"admission\" for their turn.");
  text->Sample("queue=\"pull\"", report.calls_waiting);
  text->Sample("queue=\"tasks\"", report.tasks_waiting);
  text->Sample("queue=\"admission\"", report.calls_queued);
}

}  // namespace

const char* StatusName(int code) {
  constexpr const char* kNames[] = {"OK",
                                    "CANCELLED",
                                    "UNKNOWN",
                                    "INVALID_ARGUMENT",
                                    "DEADLINE_EXCEEDED",
                                    "NOT_FOUND",
                                    "ALREADY_EXISTS",
                                    "PERMISSION_DENIED",
                                    "RESOURCE_EXHAUSTED",
                                    "FAILED_PRECONDITION",
                                    "ABORTED",
                                    "OUT_OF_RANGE",
                                    "UNIMPLEMENTED",
                                    "INTERNAL",
                                    "UNAVAILABLE",
                                    "DATA_LOSS",
                                    "UNAUTHENTICATED"};
  return code >= 0 && code < call::kStatusCodes ? kNames[code] : "UNKNOWN";
}

uint64_t CallsWithin(const call::MethodCounts& counts, double ns_per_tick, double seconds) {
  const double ticks = seconds * 1e9 / ns_per_tick;
  uint64_t calls = 0;
  for (int bucket = 0; bucket < call::kDurationBuckets; ++bucket) {
    const auto begin = static_cast<double>(call::BucketBegin(bucket));
    if (begin >= ticks) break;
    const bool last = bucket + 1 == call::kDurationBuckets;
    const auto end = static_cast<double>(last ? UINT64_MAX : call::BucketBegin(bucket + 1));
    const double share = end <= ticks ? 1 : (ticks - begin) / (end - begin);
    calls +=
        static_cast<uint64_t>(std::floor(share * static_cast<double>(counts.durations[bucket])));
  }
  return calls;
}

double DurationQuantile(const call::MethodCounts& counts, double ns_per_tick, double quantile) {
  const double wanted = quantile * static_cast<double>(counts.measured());
  double before = 0;
  for (int bucket = 0; bucket < call::kDurationBuckets; ++bucket) {
    const auto here = static_cast<double>(counts.durations[bucket]);
    if (here == 0) continue;
    if (before + here >= wanted) {
      const auto begin = static_cast<double>(call::BucketBegin(bucket));
      const bool last = bucket + 1 == call::kDurationBuckets;
      const double end = last ? begin : static_cast<double>(call::BucketBegin(bucket + 1));
      return (begin + (end - begin) * (wanted - before) / here) * ns_per_tick;
    }
    before += here;
  }
  return 0;
}

std::string MetricsText(const ServerReport& report) {
  Text text;
  ServerFamilies(report, &text);
  std::vector<std::pair<std::string, const MethodReport*>> called;
  for (const MethodReport& method : report.methods) {
    if (method.counts.started == 0) continue;
    called.emplace_back("service=\"" + Label(method.method->service) + "\",method=\"" +
                            Label(method.method->method) + "\"",
                        &method);
  }
  text.Family("calls_started_total", "counter", "Calls that began.");
  for (const auto& [labels, method] : called) text.Sample(labels, method->counts.started);
  text.Family("calls_total", "counter", "Calls that ended, by status.");
  for (const auto& [labels, method] : called) {
    for (int code = 0; code < call::kStatusCodes; ++code) {
      const uint64_t calls = method->counts.ended[static_cast<size_t>(code)];
      if (calls > 0) text.Sample(labels + ",code=\"" + StatusName(code) + "\"", calls);
    }
  }
  text.Family("calls_in_flight", "gauge", "Calls that have begun and not ended.");
  for (const auto& [labels, method] : called) text.Sample(labels, method->counts.in_flight());
  text.Family("received_bytes_total", "counter", "Bytes of messages that came.");
  for (const auto& [labels, method] : called) text.Sample(labels, method->counts.bytes_in);
  text.Family("sent_bytes_total", "counter", "Bytes of messages that went.");
  for (const auto& [labels, method] : called) text.Sample(labels, method->counts.bytes_out);
  text.Family(
      "call_duration_seconds", "histogram",
      "How long calls took, from the handler's start to its answer. Of calls over inproc one in 64 "
      "is measured.");
  for (const auto& [labels, method] : called) {
    for (const double bound : kBounds) {
      text.Sample(labels + ",le=\"" + Number(bound) + "\"",
                  CallsWithin(method->counts, report.ns_per_tick, bound), "_bucket");
    }
    const uint64_t measured = method->counts.measured();
    text.Sample(labels + ",le=\"+Inf\"", measured, "_bucket");
    text.Sample(labels,
                Number(static_cast<double>(method->counts.ticks) * report.ns_per_tick / 1e9),
                "_sum");
    text.Sample(labels, measured, "_count");
  }
  return text.Take();
}

void MetricsPage(Site& site, Response* response) {
  ServerReport report;
  site.Report(&report);
  response->type = "text/plain; version=0.0.4; charset=utf-8";
  response->body = MetricsText(report);
}

}  // namespace polycall::transport::http
