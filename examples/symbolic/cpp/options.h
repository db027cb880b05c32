// The command line of `symbolic`.
#ifndef SYMBOLIC_CPP_OPTIONS_H_
#define SYMBOLIC_CPP_OPTIONS_H_

#include <cstdint>
#include <string>

struct Options {
  std::string expression;
  double from = -10;
  double to = 10;
  uint32_t points = 1'000'000;
  std::string output;     // picture file; empty: none
  std::string directory;  // of the services' sockets
  bool json = false;
  // One target for each service, or "host:LANGUAGE:MODULE" to have the service in this process.
  std::string parser, deriver, evaluator, checker, drawer;
};

// Reads the command line. Ends the program after --help (exit code 0) and on a mistake (2).
Options ParseCommandLine(int argc, char** argv);

#endif
