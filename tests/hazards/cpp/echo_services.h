// Every hazard service, served: its methods answer with what they were asked, or, where request and
// response differ in type, with a response made from the request.
#ifndef POLYCALL_TESTS_HAZARDS_CPP_ECHO_SERVICES_H_
#define POLYCALL_TESTS_HAZARDS_CPP_ECHO_SERVICES_H_

#include <polycall/server.h>

namespace polycall_hazards {

polycall::Status AddEchoServices(polycall::Server* server);

}  // namespace polycall_hazards

#endif  // POLYCALL_TESTS_HAZARDS_CPP_ECHO_SERVICES_H_
