#include "fleet/service_tables.h"

#include <cstdio>

#include "fleet/table.h"
#include "options.h"

namespace polycall::cli {
namespace {

namespace v1 = scheduler::v1;

std::string Lower(std::string text) {
  for (char& c : text) c = c == '_' ? ' ' : static_cast<char>(tolower(c));
  return text;
}

CellPaint TitlePaint(const Palette& paint) {
  return [paint](size_t, const std::string& text) { return paint.Faint(text); };
}

std::string LatencyText(int64_t ns) { return ns == 0 ? "" : FormatDuration(ns); }

std::string CountText(uint64_t count) { return count == 0 ? "" : std::to_string(count); }

std::string PaintState(const Palette& paint, const std::string& state, const std::string& text) {
  if (state == "ready" || state == "serving") return paint.Good(text);
  if (state == "crash loop" || state == "failing" || state == "ended") return paint.Bad(text);
  return text;
}

std::string SecondsText(int64_t ns) {
  const int64_t s = ns / 1'000'000'000;
  if (s < 60) return std::to_string(s) + " s";
  if (s < 3600) return std::to_string(s / 60) + " min";
  if (s < 48 * 3600) return std::to_string(s / 3600) + " h";
  return std::to_string(s / 86400) + " d";
}

}  // namespace

std::string StateName(v1::ServiceState state) {
  switch (state) {
    case v1::COMING:
      return "starting";
    case v1::HALTED:
      return "stopped";
    case v1::CRASHING:
      return "crash loop";
    default:
      return Lower(v1::ServiceState_Name(state));
  }
}

std::string StateName(v1::InstanceState state) { return Lower(v1::InstanceState_Name(state)); }

std::string SizeText(int64_t bytes) {
  if (bytes <= 0) return "";
  const char* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit < 4) {
    value /= 1024;
    ++unit;
  }
  char text[32];
  const bool whole =
      unit == 0 || value >= 10 || value == static_cast<double>(static_cast<int>(value));
  snprintf(text, sizeof text, whole ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string RateText(double per_second) {
  if (per_second <= 0) return "";
  char text[32];
  snprintf(text, sizeof text, per_second < 10 ? "%.1f" : "%.0f", per_second);
  return text;
}

std::vector<std::string> ServiceLines(const Services& services, size_t width,
                                      const Palette& paint) {
  Table table({{"SERVICE"},
               {"STATE"},
               {"INSTANCES", true, 3},
               {"LANGUAGE", false, 8},
               {"ISOLATION", false, 7},
               {"CALLS/S", true, 2},
               {"FAILED/S", true, 4},
               {"BUSY", true, 5},
               {"P50", true, 6},
               {"P99", true, 6},
               {"MEMORY", true, 9},
               {"NOTE", false, 1}});
  for (const v1::Service& service : services) {
    int serving = 0;
    uint64_t busy = 0;
    int64_t memory = 0;
    for (const v1::Instance& instance : service.instances()) {
      serving += instance.state() == v1::SERVING ? 1 : 0;
      busy += instance.calls_in_flight();
      memory += instance.memory();
    }
    const std::string state = StateName(service.state());
    table.AddRow({service.name(), state,
                  std::to_string(serving) + " of " + std::to_string(service.min()) + ".." +
                      std::to_string(service.max()),
                  service.language(), Lower(service.isolation()),
                  RateText(service.rates().calls_per_second()),
                  RateText(service.rates().failures_per_second()), CountText(busy),
                  LatencyText(service.rates().latency_p50()),
                  LatencyText(service.rates().latency_p99()), SizeText(memory), service.note()},
                 [paint, state](size_t column, const std::string& text) {
                   if (column == 0) return paint.Name(text);
                   if (column == 1) return PaintState(paint, state, text);
                   if (column == 6) return paint.Bad(text);
                   return text;
                 });
  }
  return table.Lines(width, TitlePaint(paint));
}

std::vector<std::string> InstanceLines(const Services& services, size_t width,
                                       const Palette& paint) {
  Table table({{"INSTANCE"},
               {"STATE"},
               {"PID", true, 4},
               {"AGE", true, 3},
               {"STARTED IN", true, 8},
               {"CALLS", true, 5},
               {"CALLS/S", true, 1},
               {"BUSY", true, 2},
               {"CONNECTIONS", true, 9},
               {"CPU", true, 6},
               {"MEMORY", true, 7},
               {"TARGET", false, 10}});
  for (const v1::Service& service : services) {
    for (const v1::Instance& instance : service.instances()) {
      const std::string state = StateName(instance.state());
      char cpu[32] = "";
      if (instance.cpu() >= 0.005) snprintf(cpu, sizeof cpu, "%.0f %%", instance.cpu() * 100);
      table.AddRow(
          {instance.id(), state, CountText(static_cast<uint64_t>(instance.pid())),
           SecondsText(instance.age()), LatencyText(instance.start_time()),
           CountText(instance.calls_started()), RateText(instance.rates().calls_per_second()),
           CountText(instance.calls_in_flight()), CountText(instance.connections()), cpu,
           SizeText(instance.memory()), instance.target()},
          [paint, state](size_t column, const std::string& text) {
            if (column == 0) return paint.Name(text);
            return column == 1 ? PaintState(paint, state, text) : text;
          });
    }
  }
  return table.empty() ? std::vector<std::string>() : table.Lines(width, TitlePaint(paint));
}

std::vector<std::string> WireLines(const v1::Snapshot& snapshot, size_t width,
                                   const Palette& paint) {
  Table table({{"CALLER"},
               {"PID", true, 2},
               {"SERVICE", false, 1},
               {"INSTANCE"},
               {"BY"},
               {"CHANNELS", true, 3}});
  for (const v1::Wire& wire : snapshot.wires()) {
    const bool hosted = wire.transport() == "inproc";
    table.AddRow({wire.caller(), CountText(static_cast<uint64_t>(wire.pid())), wire.service(),
                  hosted                    ? "(in the caller)"
                  : wire.instance().empty() ? "(the front door)"
                                            : wire.instance(),
                  wire.transport().empty() ? "?" : wire.transport(), CountText(wire.channels())},
                 [paint](size_t column, const std::string& text) {
                   return column == 3 ? paint.Name(text) : text;
                 });
  }
  return table.Lines(width, TitlePaint(paint));
}

}  // namespace polycall::cli
