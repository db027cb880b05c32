// A counting server in a process of its own, to be killed.
#ifndef POLYCALL_TESTS_REWIRING_SERVER_PROCESS_H_
#define POLYCALL_TESTS_REWIRING_SERVER_PROCESS_H_

#include <sys/types.h>

#include <string>

namespace polycall::rewiring {

class ServerProcess {
 public:
  // Serves on `target` when the constructor returns.
  ServerProcess(const std::string& name, const std::string& target);
  ~ServerProcess() { Kill(); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  // With SIGKILL; waits for its end.
  void Kill();

 private:
  pid_t pid_ = -1;
};

// What the process does, until it is killed. The kernel does that when the thread that started it ends.
int ServeForever(const char* name, const char* target);

}  // namespace polycall::rewiring

#endif  // POLYCALL_TESTS_REWIRING_SERVER_PROCESS_H_
