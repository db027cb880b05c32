// Modules in C++: a shared library whose services somebody else's server serves.
//
//   // libcalculator.so
//   polycall::Status Register(polycall::Server& server) {
//     return server.AddService(std::make_shared<Calculator>());
//   }
//   POLYCALL_MODULE(Register)
//
// Then `polycall host --lang c libcalculator.so`, or server.Load("c", "libcalculator.so") in a program.
#ifndef POLYCALL_MODULE_H_
#define POLYCALL_MODULE_H_

#include <polycall/server.h>

#include <exception>

namespace polycall::internal {

inline polycall_code RegisterModule(Status (*registers)(Server& server), polycall_server* raw,
                                    polycall_status* status) {
  Status result;
  try {
    Server server = Server::Borrow(raw);
    result = registers(server);
  } catch (const StatusError& error) {
    result = error.status();
  } catch (const std::exception& error) {
    result = Status(Code::kUnknown, error.what());
  }
  if (!result.ok()) {
    polycall_status_set(status, static_cast<polycall_code>(result.code()),
                        std::string(result.message()).c_str(), result.details().data(),
                        result.details().size());
  }
  return static_cast<polycall_code>(result.code());
}

}  // namespace polycall::internal

// `registers` is a `polycall::Status registers(polycall::Server& server)`; the server is borrowed, and
// what it throws becomes the status of the load. Once in a library.
#define POLYCALL_MODULE(registers)                                                   \
  extern "C" POLYCALL_API polycall_code polycall_register(polycall_server* server,   \
                                                          polycall_status* status) { \
    return ::polycall::internal::RegisterModule(registers, server, status);          \
  }                                                                                  \
  static_assert(true, "a semicolon may follow")

#endif  // POLYCALL_MODULE_H_
