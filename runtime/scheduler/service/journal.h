// What happened and what instances wrote: bounded, and followed by whoever asks.
#ifndef POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_
#define POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "polycall/scheduler/v1/scheduler.pb.h"
#include "service/byte_ring.h"

namespace polycall::scheduler {

// Keeps the newest entries, encoded, as many as fit into so many bytes, and tells followers of new ones.
// Loop thread only.
template <typename Entry>
class Journal {
 public:
  using Follower = std::function<void(const Entry&)>;

  explicit Journal(size_t bytes) : entries_(bytes) {}

  void Add(const Entry& entry) {
    entries_.Add(entry.SerializeAsString());
    for (const auto& [id, follower] : followers_) {
      follower(entry);
    }
  }

  // How many are kept.
  size_t count() const { return entries_.count(); }

  // Calls visit(const Entry&) for each that is kept, the oldest first. It must not add.
  template <typename Visit>
  void ForEach(Visit visit) const {
    Entry entry;
    entries_.ForEach([&](const std::string& bytes) {
      if (entry.ParseFromString(bytes)) {
        visit(entry);
      }
    });
  }

  uint64_t Follow(Follower follower) {
    followers_.emplace(++last_, std::move(follower));
    return last_;
  }
  void Unfollow(uint64_t id) { followers_.erase(id); }

 private:
  ByteRing entries_;
  std::map<uint64_t, Follower> followers_;
  uint64_t last_ = 0;
};

// Nanoseconds since 1970.
int64_t WallTime();

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_SERVICE_JOURNAL_H_
