// What the suite must know of a transport. To add one: a TransportUnderTest and a line in
// transports.cc.
#ifndef POLYCALL_TESTS_TRANSPORT_CONFORMANCE_TRANSPORTS_H_
#define POLYCALL_TESTS_TRANSPORT_CONFORMANCE_TRANSPORTS_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "polycall/polycall.h"

namespace polycall::conformance {

struct TransportUnderTest {
  const char* name;
  const char* scheme;  // of its targets
  // What channels allow, NULL-terminated: nothing but this transport (and what it begins on).
  std::vector<const char*> allowed;
  // A target that a server may listen on and that nobody uses. It need not be what callers name
  // (port 0).
  std::string (*fresh_target)();
  // A target that callers may name and that nobody listens on.
  std::string (*vacant_target)();
  // Targets of this transport that cannot be.
  std::vector<std::string> bad_targets;
  // Bytes that it holds on the way, beyond what the receiver's window lets in.
  size_t underway = 0;
  // A call that comes in the moment in which its server begins to drain may be left lying until the
  // drain ends, or its deadline.
  bool leaves_calls = false;

  // The transport on which its handshake is made.
  std::string begins_on() const {
    return std::string(scheme).substr(0, std::string_view(scheme).find(':'));
  }
};

// TLS options for what listens on `target`, or calls it; not NULL if it is a target of TLS.
const polycall_tls_options* ServerTlsFor(std::string_view target);
const polycall_tls_options* ClientTlsFor(std::string_view target);

// The suite: its tests are in this folder's ..._test.cc.
class TransportConformance : public testing::TestWithParam<const TransportUnderTest*> {
 protected:
  TransportConformance();
  const TransportUnderTest& transport() const { return *GetParam(); }
  std::string FreshTarget() const { return GetParam()->fresh_target(); }
};

}  // namespace polycall::conformance

#endif  // POLYCALL_TESTS_TRANSPORT_CONFORMANCE_TRANSPORTS_H_
