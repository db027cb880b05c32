// Keeps descriptors while polycalld is away: a process of its own, which polycalld starts and which
// outlives it.
#ifndef POLYCALL_SCHEDULER_INSTANCE_KEEPER_H_
#define POLYCALL_SCHEDULER_INSTANCE_KEEPER_H_

#include <polycall/status_or.h>

#include <map>
#include <string>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

// polycalld's end. What is kept: "door/NAME", a service's listening socket, so that who calls while
// polycalld is away waits instead of being refused; "pid/INSTANCE", the pidfd of an instance, which
// names its process whatever happens to the number. Not thread-safe. A keeper that does not answer any
// more is done without: its loss costs nothing until polycalld is killed too.
class Keeper {
 public:
  // Connects to the keeper of the run folder; starts one (`program --keeper run_folder`) when there is
  // none.
  static StatusOr<Keeper> Open(const std::string& run_folder, const std::string& program);

  void Put(const std::string& name, int fd);
  void Drop(const std::string& name);
  // Copies of all that is kept. FAILED_PRECONDITION when another polycalld has the keeper's ear.
  StatusOr<std::map<std::string, UniqueFd>> All();
  // Ends the keeper: polycalld ends as asked, and everything with it.
  void Dismiss();

 private:
  explicit Keeper(UniqueFd socket) : socket_(std::move(socket)) {}
  UniqueFd socket_;
};

// The keeper's main loop. Ends when it is dismissed; and when the run folder has gone and no polycalld
// is there: then the instances are ended too, because nobody will ever find them again.
int RunKeeper(const std::string& run_folder);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_KEEPER_H_
