// Service: what a server serves. Base of every generated Service class.
#ifndef POLYCALL_SERVICE_H_
#define POLYCALL_SERVICE_H_

#include <polycall/polycall.h>

#include <string>
#include <vector>

#include <polycall/status.h>

namespace polycall {

// A service's table and, for each of its methods, the function that serves it.
struct ServiceRegistration {
  const polycall_service_descriptor* descriptor;
  std::vector<polycall_handler> handlers;
};

// Handlers are called from any number of threads at once.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  // For Server::AddService. The handlers point at this object.
  virtual ServiceRegistration PolycallRegistration() = 0;
};

namespace internal {

// What a method answers that the service does not override.
inline Status NotImplemented(const char* method) {
  return UnimplementedError(std::string(method) + " is not implemented by this server");
}

inline void FinishCall(polycall_call* call, const Status& status,
                       const polycall_message* response) {
  if (status.ok()) [[likely]] {
    polycall_call_finish(call, nullptr, response);
  } else {
    polycall_call_finish(call, status.get(), nullptr);
  }
}

inline void FinishUnreadable(polycall_call* call) {
  FinishCall(call,
             InternalError("the request cannot be parsed; do both ends have the same .proto?"),
             nullptr);
}

}  // namespace internal
}  // namespace polycall

#endif  // POLYCALL_SERVICE_H_
