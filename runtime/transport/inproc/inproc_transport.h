// The transport between a caller and a server of one process, found by name.
#ifndef POLYCALL_TRANSPORT_INPROC_INPROC_TRANSPORT_H_
#define POLYCALL_TRANSPORT_INPROC_INPROC_TRANSPORT_H_

#include "transport/transport.h"

namespace polycall::transport {

Transport* InprocTransport();

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_INPROC_INPROC_TRANSPORT_H_
