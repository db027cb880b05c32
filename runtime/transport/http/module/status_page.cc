// GET /: a page for people, and /status.json, from which its script keeps it alive.
#include <cstdio>

#include "polycall/polycall.h"
#include "transport/http/module/front.h"
#include "transport/http/module/metrics_text.h"
#include "transport/http/module/status_page_html.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

std::string Duration(double ns) {
  const char* unit = "ns";
  if (ns >= 1e9) {
    ns /= 1e9;
    unit = "s";
  } else if (ns >= 1e6) {
    ns /= 1e6;
    unit = "ms";
  } else if (ns >= 1e3) {
    ns /= 1e3;
    unit = "µs";
  }
  char text[40];
  snprintf(text, sizeof(text), ns < 10 ? "%.2f %s" : ns < 100 ? "%.1f %s" : "%.0f %s", ns, unit);
  return text;
}

std::string Count(uint64_t count) {
  std::string digits = std::to_string(count);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, " ");
  return digits;
}

// `{{name}}` of the page.
void Fill(std::string* page, const std::string& name, const std::string& value) {
  const std::string mark = "{{" + name + "}}";
  if (const size_t at = page->find(mark); at != std::string::npos) {
    page->replace(at, mark.size(), value);
  }
}

// Those that were called, then the others; the built-in services' last.
std::vector<const MethodReport*> InOrder(const ServerReport& report) {
  std::vector<const MethodReport*> order;
  for (const bool built_in : {false, true}) {
    for (const MethodReport& method : report.methods) {
      if (method.built_in == built_in && (!built_in || method.counts.started > 0)) {
        order.push_back(&method);
      }
    }
  }
  return order;
}

std::string MethodRow(const MethodReport& method, double ns_per_tick) {
  const auto quantile = [&](double share) {
    const double ns = DurationQuantile(method.counts, ns_per_tick, share);
    return ns > 0 ? Duration(ns) : "–";
  };
  const std::string path = method.method->service + "/" + method.method->method;
  return "<tr data-method=\"" + EscapeHtml(path) + "\"><td class=name><span class=service>" +
         EscapeHtml(method.method->service) + "/</span>" + EscapeHtml(method.method->method) +
         "</td><td class=rate>–</td><td>" + Count(method.counts.started) + "</td><td" +
         (method.counts.failed() > 0 ? " class=bad" : "") + ">" + Count(method.counts.failed()) +
         "</td><td>" + Count(method.counts.in_flight()) + "</td><td>" + quantile(0.5) +
         "</td><td>" + quantile(0.99) + "</td></tr>\n";
}

std::string SlowRow(const SlowCall& call, double ns_per_tick) {
  return "<tr><td class=name>" + EscapeHtml(call.method) + "</td><td>" +
         Duration(static_cast<double>(call.ticks) * ns_per_tick) + "</td><td" +
         (call.code != POLYCALL_OK ? " class=bad" : "") + ">" + StatusName(call.code) +
         "</td><td>" + EscapeHtml(call.transport) + "</td><td class=peer>" + EscapeHtml(call.peer) +
         "</td></tr>\n";
}

}  // namespace

void StatusPage(Site& site, Response* response) {
  ServerReport report;
  site.Report(&report);
  uint64_t calls = 0, failed = 0, in_flight = 0, connections = 0;
  std::string methods, slow, transports, addresses;
  for (const MethodReport* method : InOrder(report)) {
    methods += MethodRow(*method, report.ns_per_tick);
    calls += method->counts.started;
    failed += method->counts.failed();
    in_flight += method->counts.in_flight();
  }
  for (const SlowCall& call : report.slow) slow += SlowRow(call, report.ns_per_tick);
  for (const auto& [transport, count] : report.connections) {
    connections += count;
    if (count > 0) {
      transports += "<li><b>" + Count(count) + "</b> " + EscapeHtml(transport) + "</li>";
    }
  }
  for (const std::string& address : report.addresses) {
    addresses += "<code>" + EscapeHtml(address) + "</code> ";
  }
  std::string page = kStatusPageHtml;
  Fill(&page, "title", EscapeHtml(report.name));
  Fill(&page, "name", EscapeHtml(report.name));
  Fill(&page, "health", report.serving ? "serving" : "not serving");
  Fill(&page, "health_class", report.serving ? "good" : "bad");
  Fill(&page, "version", EscapeHtml(report.version));
  Fill(&page, "addresses", addresses);
  Fill(&page, "calls", Count(calls));
  Fill(&page, "failed", Count(failed));
  Fill(&page, "in_flight", Count(in_flight));
  Fill(&page, "connections", Count(connections));
  Fill(&page, "methods", methods);
  Fill(&page, "slow", slow);
  Fill(&page, "transports", transports);
  response->type = "text/html; charset=utf-8";
  response->headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
      "'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'");
  response->body = std::move(page);
}

void StatusData(Site& site, Response* response) {
  ServerReport report;
  site.Report(&report);
  std::string body =
      "{\"serving\":" + std::string(report.serving ? "true" : "false") +
      ",\"uptime_ns\":" + std::to_string(report.uptime_ns) +
      ",\"threads\":" + std::to_string(report.threads) + ",\"waiting\":" +
      std::to_string(report.calls_waiting + report.calls_queued + report.tasks_waiting) +
      ",\"connections\":{";
  const char* comma = "";
  for (const auto& [transport, count] : report.connections) {
    body += comma + JsonString(transport) + ":" + std::to_string(count);
    comma = ",";
  }
  body += "},\"methods\":[";
  comma = "";
  const auto whole = [](double value) { return std::to_string(static_cast<int64_t>(value)); };
  for (const MethodReport* method : InOrder(report)) {
    const call::MethodCounts& counts = method->counts;
    body += comma + std::string("{\"service\":") + JsonString(method->method->service) +
            ",\"method\":" + JsonString(method->method->method) +
            ",\"calls\":" + std::to_string(counts.started) +
            ",\"failed\":" + std::to_string(counts.failed()) +
            ",\"in_flight\":" + std::to_string(counts.in_flight()) +
            ",\"p50_ns\":" + whole(DurationQuantile(counts, report.ns_per_tick, 0.5)) +
            ",\"p99_ns\":" + whole(DurationQuantile(counts, report.ns_per_tick, 0.99)) + "}";
    comma = ",";
  }
  body += "],\"slow\":[";
  comma = "";
  for (const SlowCall& call : report.slow) {
    body += comma + std::string("{\"method\":") + JsonString(call.method) +
            ",\"ns\":" + whole(static_cast<double>(call.ticks) * report.ns_per_tick) +
            ",\"status\":\"" + StatusName(call.code) +
            "\",\"transport\":" + JsonString(call.transport) +
            ",\"peer\":" + JsonString(call.peer) +
            ",\"ended_unix_ms\":" + std::to_string(call.ended_unix_ms) + "}";
    comma = ",";
  }
  response->type = "application/json";
  response->body = body + "]}\n";
}

}  // namespace polycall::transport::http
