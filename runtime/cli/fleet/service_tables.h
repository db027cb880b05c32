// Services and instances as tables for people.
#ifndef POLYCALL_CLI_FLEET_SERVICE_TABLES_H_
#define POLYCALL_CLI_FLEET_SERVICE_TABLES_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "polycall/scheduler/v1/scheduler.pb.h"
#include "terminal.h"

namespace polycall::cli {

// "ready", "crash loop".
std::string StateName(scheduler::v1::ServiceState state);
std::string StateName(scheduler::v1::InstanceState state);

// "64 MiB", "1.2 GiB"; empty for 0.
std::string SizeText(int64_t bytes);

// "12.5" a second; empty for none.
std::string RateText(double per_second);

using Services = google::protobuf::RepeatedPtrField<scheduler::v1::Service>;

std::vector<std::string> ServiceLines(const Services& services, size_t width, const Palette& paint);
// No line at all when there is no instance.
std::vector<std::string> InstanceLines(const Services& services, size_t width,
                                       const Palette& paint);
std::vector<std::string> WireLines(const scheduler::v1::Snapshot& snapshot, size_t width,
                                   const Palette& paint);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_SERVICE_TABLES_H_
