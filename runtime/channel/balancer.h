// Balancer: which of the connections of a channel takes the next call.
//
// To add a policy (docs/adding/policy.md has it with an example):
//   1. one file <name>.cc with a class that implements Balancer and a function that makes it;
//   2. one line in the list of balancers.cc, and a number in polycall_balancing;
//   3. a test in balancer_test.cc.
#ifndef POLYCALL_CHANNEL_BALANCER_H_
#define POLYCALL_CHANNEL_BALANCER_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "base/ref.h"
#include "polycall/polycall.h"
#include "transport/transport.h"

namespace polycall::channel {

using Candidates = std::vector<base::Ref<transport::Connection>>;

// Called under the channel's lock.
class Balancer {
 public:
  virtual ~Balancer() = default;
  virtual const char* name() const = 0;  // static
  // Whether every address is to be connected; otherwise the first that answers is.
  virtual bool spreads() const = 0;
  // The index of one of `candidates`, of which there are at least two, in the order of the addresses.
  // One that is not usable any more may be among them: the channel then takes the next.
  virtual size_t Pick(const Candidates& candidates) = 0;
};

// POLYCALL_BALANCING_DEFAULT is pick-first.
std::unique_ptr<Balancer> MakeBalancer(polycall_balancing policy);

// The policies that there are; balancers.cc lists them.
std::unique_ptr<Balancer> MakePickFirst();
std::unique_ptr<Balancer> MakeRoundRobin();
std::unique_ptr<Balancer> MakeLeastInFlight();

}  // namespace polycall::channel

#endif  // POLYCALL_CHANNEL_BALANCER_H_
