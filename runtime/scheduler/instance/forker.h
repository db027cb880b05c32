// A service's fork server: a process that has imported its module, in its sandbox, and makes instances
// by fork.
#ifndef POLYCALL_SCHEDULER_INSTANCE_FORKER_H_
#define POLYCALL_SCHEDULER_INSTANCE_FORKER_H_

#include <polycall/status_or.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "instance/launcher.h"
#include "instance/log_tail.h"
#include "loop/event_loop.h"

namespace polycall::scheduler {

// Its instances are processes with control groups, sockets and logs of their own; walls, user and /tmp
// they share with the fork server.
//
// The fork server (bindings/python/polycall/_fork_server.py) has a socket of packets to polycalld:
//
//   ready | failed TEXT                                 the fork server, once
//   INSTANCE + descriptors                              polycalld: fork. The descriptors: a socket to the
//                                                       new process, the instance's socket, the front
//                                                       door, the log, the groups to join
//   here | failed TEXT                                  the new process, on its own socket
//   go                                                  polycalld, when it holds the process by a pidfd
//
// With polycalld's end of the socket closed the fork server goes, and its instances live on. Loop thread
// only.
class Forker {
 public:
  struct Observer {
    // OK: instances can be forked now. Otherwise why it cannot be used any more; destroy it then, but
    // not from within.
    std::function<void(const Status&)> changed;
    std::function<void(const std::string&)> log;
  };

  // Starts one as `id`; `changed` comes later.
  static StatusOr<std::unique_ptr<Forker>> Start(EventLoop& loop, Launcher& launcher,
                                                 std::shared_ptr<const v1::Manifest> manifest,
                                                 const std::string& id, uint32_t number,
                                                 Observer observer);
  // No more instances; those that there are live on.
  ~Forker();

  bool ready() const { return worker_ != 0; }
  // The process that forks, as the host sees it; 0: not ready.
  pid_t pid() const { return worker_; }

  // A new process for `instance`, which has the sockets as its descriptors 3 and 4. Waits for it: a few
  // milliseconds.
  StatusOr<Launched> Fork(const std::string& instance, const std::vector<int>& sockets);

 private:
  Forker(EventLoop& loop, Launcher& launcher, std::shared_ptr<const v1::Manifest> manifest,
         std::string id, Observer observer);
  void OnMessage();

  EventLoop& loop_;
  Launcher& launcher_;
  const std::shared_ptr<const v1::Manifest> manifest_;
  const std::string id_;
  const Observer observer_;
  Launched launched_;  // the first process: ends when all have
  UniqueFd control_;
  pid_t worker_ = 0;
  std::unique_ptr<LogTail> log_;
  EventLoop::TimerId patience_ = 0;
};

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_FORKER_H_
