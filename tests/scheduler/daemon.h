// A polycalld of a test's own: its folders, its process, its control API.
#ifndef POLYCALL_TESTS_SCHEDULER_DAEMON_H_
#define POLYCALL_TESTS_SCHEDULER_DAEMON_H_

#include <polycall/cpp.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "polycall/scheduler/v1/scheduler.polycall.h"
#include "work.polycall.h"

namespace polycall::scheduler_test {

// For what must happen: reached only when something is broken.
inline constexpr std::chrono::seconds kPatience(60);

// Looks again and again until `condition` holds; false after kPatience.
bool Until(const std::function<bool()>& condition);

// Not thread-safe.
class Daemon {
 public:
  Daemon();
  // Ends polycalld and what it started, and removes the folders.
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Writes (at once: by rename) or removes MANIFESTS/NAME.yaml.
  void Write(const std::string& name, const std::string& manifest);
  void Remove(const std::string& name);

  // A manifest of work.proto's service as `name`: `more` is further lines.
  static std::string WorkManifest(const std::string& name, const std::string& isolation,
                                  const std::string& more = "");

  // Starts polycalld and waits until it serves; false if it does not.
  bool Start(const std::vector<std::string>& arguments = {});
  // SIGKILL: instances live on.
  void Kill();
  // SIGTERM, and waits; its exit code.
  int Stop();
  void Signal(int signal) const;

  pid_t pid() const { return pid_; }
  const std::string& folder() const { return folder_; }
  std::string run_folder() const { return folder_ + "/run"; }
  std::string front_door(const std::string& service) const;
  // What polycalld wrote to standard output and error.
  std::string Output() const;

  // Of the control API. Empty when it cannot be asked.
  scheduler::v1::Service Describe(const std::string& service);
  std::vector<scheduler::v1::Event> Events();
  // Whether there is (or comes) an event `what` of an instance of the service whose detail contains
  // the text.
  bool UntilEvent(const std::string& service, const std::string& what,
                  const std::string& detail = "");
  // Waits until so many instances of the service serve, and no other is there.
  bool UntilServing(const std::string& service, int count);
  // The events, for a failed expectation.
  std::string Story();

  // A client of the service's front door.
  work::v1::Work::Client Work(const std::string& service, ChannelOptions options = {}) const;
  std::shared_ptr<Channel> control() const { return control_; }

 private:
  std::string folder_;
  pid_t pid_ = -1;
  std::shared_ptr<Channel> control_;
};

}  // namespace polycall::scheduler_test

#endif  // POLYCALL_TESTS_SCHEDULER_DAEMON_H_
