// RUN/state: what polycalld knows of its services, for the one after it.
#ifndef POLYCALL_SCHEDULER_SERVICE_STATE_FILE_H_
#define POLYCALL_SCHEDULER_SERVICE_STATE_FILE_H_

#include <polycall/status_or.h>

#include <string>
#include <vector>

#include "polycall/scheduler/v1/state.pb.h"

namespace polycall::scheduler {

// One file for each service, replaced at once: a reader finds the old one or the new one.
Status WriteState(const std::string& folder, const v1::SavedService& state);
void RemoveState(const std::string& folder, const std::string& service);

// Those that can be read; others are as good as not there.
std::vector<v1::SavedService> ReadStates(const std::string& folder);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_STATE_FILE_H_
