// Waiting for the signals that ask a program to end.
#ifndef POLYCALL_CLI_STOP_SIGNAL_H_
#define POLYCALL_CLI_STOP_SIGNAL_H_

namespace polycall::cli {

// Catches SIGTERM and SIGINT from its making on. One at a time in a process. The second signal ends
// the process at once, for whoever does not want to wait for what the first one began.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Returns the number of the signal, at once if it came before.
  int Wait();
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_STOP_SIGNAL_H_
