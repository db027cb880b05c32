// The same service in the three styles of handlers.
#ifndef POLYCALL_BINDINGS_CPP_TEST_CALC_SERVICES_H_
#define POLYCALL_BINDINGS_CPP_TEST_CALC_SERVICES_H_

#include <atomic>
#include <memory>
#include <string>

#include "calc.polycall.h"

namespace polycall_cpp_test {

enum class Style { kBlocking, kCoroutine, kCallback };

const char* StyleName(Style style);

// `cancelled` counts the Hang calls that were told of their cancellation.
std::shared_ptr<polycall::Service> MakeCalc(Style style, std::atomic<int>* cancelled);

}  // namespace polycall_cpp_test

#endif  // POLYCALL_BINDINGS_CPP_TEST_CALC_SERVICES_H_
