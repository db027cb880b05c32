// Channels to the five services, and what was called over them.
#ifndef SYMBOLIC_CPP_SERVICES_H_
#define SYMBOLIC_CPP_SERVICES_H_

#include <polycall/cpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "options.h"

// One call that was made, for the table at the end.
struct CallRecord {
  std::string method;
  std::string language;
  std::string transport;
  std::chrono::nanoseconds time;
  std::string result;
};

// A service: in a process of its own or in this one, the caller cannot tell.
struct Service {
  std::string language;
  std::shared_ptr<polycall::Channel> channel;
};

class Services {
 public:
  // Makes the channels; loads what is to run in this process. Throws polycall::StatusError.
  explicit Services(const Options& options);

  Service parser, deriver, evaluator, checker, drawer;

 private:
  Service Reach(const char* language, const std::string& target);
  void Load(const std::string& language, const std::string& module);

  // Serves what this process hosts, at one inproc address. Made when the first module is loaded.
  std::unique_ptr<polycall::Server> own_;
};

#endif
