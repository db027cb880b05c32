// What happened and what instances wrote: bounded, and followed by whoever asks.
#ifndef POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_
#define POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "polycall/scheduler/v1/scheduler.pb.h"

namespace polycall::scheduler {

// Keeps the newest entries and tells followers of new ones. Loop thread only.
template <typename Entry>
class Journal {
 public:
  using Follower = std::function<void(const Entry&)>;

  explicit Journal(size_t most) : most_(most) {}

  void Add(Entry entry) {
    entries_.push_back(std::move(entry));
    if (entries_.size() > most_) {
      entries_.pop_front();
    }
    for (const auto& [id, follower] : followers_) {
      follower(entries_.back());
    }
  }

  const std::deque<Entry>& entries() const { return entries_; }

  uint64_t Follow(Follower follower) {
    followers_.emplace(++last_, std::move(follower));
    return last_;
  }
  void Unfollow(uint64_t id) { followers_.erase(id); }

 private:
  const size_t most_;
  std::deque<Entry> entries_;
  std::map<uint64_t, Follower> followers_;
  uint64_t last_ = 0;
};

// Nanoseconds since 1970.
int64_t WallTime();

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_
