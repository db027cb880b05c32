// Ledger: the service of paths.proto. Thread-safe.
#ifndef POLYCALL_EXAMPLES_PATHS_LEDGER_H_
#define POLYCALL_EXAMPLES_PATHS_LEDGER_H_

#include <mutex>
#include <vector>

#include "paths.polycall.h"

class Ledger final : public paths::v1::Ledger::Service {
 public:
  polycall::Status Enter(polycall::ServerContext& context, const paths::v1::Entry& entry,
                         paths::v1::Receipt* receipt) override {
    if (entry.number() < 0) {
      return polycall::Status(polycall::Code::kOutOfRange, "a ledger has no negative numbers");
    }
    receipt->set_transport(std::string(context.transport()));
    const std::lock_guard lock(mutex_);
    numbers_.push_back(entry.number());
    receipt->set_entries(static_cast<int64_t>(numbers_.size()));
    return polycall::OkStatus();
  }

  polycall::Status Audit(polycall::ServerContext&, const paths::v1::AuditRequest& request,
                         paths::v1::AuditReport* report) override {
    const std::lock_guard lock(mutex_);
    report->mutable_numbers()->Add(numbers_.begin(), numbers_.end());
    if (request.clear()) numbers_.clear();
    return polycall::OkStatus();
  }

 private:
  std::mutex mutex_;
  std::vector<int64_t> numbers_;  // guarded by mutex_
};

#endif  // POLYCALL_EXAMPLES_PATHS_LEDGER_H_
