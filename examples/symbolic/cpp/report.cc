#include "report.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace {

std::string Duration(std::chrono::nanoseconds time) {
  const double microseconds = static_cast<double>(time.count()) / 1e3;
  char text[32];
  if (microseconds < 1000) {
    std::snprintf(text, sizeof text, "%.1f us", microseconds);
  } else {
    std::snprintf(text, sizeof text, "%.2f ms", microseconds / 1000);
  }
  return text;
}

std::string JsonString(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
    }
    quoted += c;
  }
  return quoted + '"';
}

void PrintRow(const std::string& method, const std::string& language, const std::string& transport,
              const std::string& time, const std::string& result) {
  std::printf("%-22s  %-8s  %-9s  %10s  %s\n", method.c_str(), language.c_str(), transport.c_str(),
              time.c_str(), result.c_str());
}

// The bytes before character `position` of a UTF-8 text.
size_t ByteOf(const std::string& text, uint32_t position) {
  size_t at = 0;
  for (; at < text.size() && position > 0; --position) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

}  // namespace

void Report(const Options& options, const std::vector<CallRecord>& calls) {
  if (options.json) {
    for (const CallRecord& call : calls) {
      std::cout << "{\"method\": " << JsonString(call.method)
                << ", \"language\": " << JsonString(call.language)
                << ", \"transport\": " << JsonString(call.transport)
                << ", \"ns\": " << call.time.count() << ", \"result\": " << JsonString(call.result)
                << "}\n";
    }
    return;
  }
  if (calls.empty()) {
    return;
  }
  PrintRow("call", "language", "transport", "time", "result");
  for (const CallRecord& call : calls) {
    PrintRow(call.method, call.language, call.transport, Duration(call.time), call.result);
  }
}

void ReportBadExpression(const Options& options, uint32_t position, const std::string& message) {
  const std::string before = options.expression.substr(0, ByteOf(options.expression, position));
  const auto columns = std::count_if(before.begin(), before.end(),
                                     [](unsigned char c) { return (c & 0xC0) != 0x80; });
  std::cerr << "symbolic: " << message << "\n  " << options.expression << "\n  "
            << std::string(static_cast<size_t>(columns), ' ') << "^\n";
}
