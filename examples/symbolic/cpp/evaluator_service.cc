// The Evaluator service again, in C++, as a program of its own:  evaluator-cpp TARGET...
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "symbolic.polycall.h"

namespace {

using namespace symbolic::v1;
using polycall::InvalidArgumentError;
using polycall::OkStatus;
using polycall::Status;

constexpr uint32_t kDefaultChunk = 16384;
constexpr uint32_t kLargestChunk = 1 << 18;
constexpr int kDeepest = 1000;  // trees come from anywhere, and the stack is finite

// OK if every part of the tree is there and known.
Status Check(const Expression& tree, int depth = 0) {
  if (depth > kDeepest) return InvalidArgumentError("the expression is nested too deep");
  switch (tree.node_case()) {
    case Expression::kNumber:
      return OkStatus();
    case Expression::kSymbol:
      if (tree.symbol() >= SYMBOL_X && tree.symbol() <= SYMBOL_E) return OkStatus();
      break;
    case Expression::kApplication:
      if (tree.application().function() >= FUNCTION_NEGATE &&
          tree.application().function() <= FUNCTION_SIGN) {
        return Check(tree.application().argument(), depth + 1);
      }
      break;
    case Expression::kOperation:
      if (tree.operation().operator_() >= OPERATOR_ADD &&
          tree.operation().operator_() <= OPERATOR_POWER) {
        const Status left = Check(tree.operation().left(), depth + 1);
        return left.ok() ? Check(tree.operation().right(), depth + 1) : left;
      }
      break;
    default:
      break;
  }
  return InvalidArgumentError("the expression has a missing or unknown part");
}

double Apply(Function function, double x) {
  switch (function) {
    case FUNCTION_NEGATE:
      return -x;
    case FUNCTION_SIN:
      return std::sin(x);
    case FUNCTION_COS:
      return std::cos(x);
    case FUNCTION_TAN:
      return std::tan(x);
    case FUNCTION_EXP:
      return std::exp(x);
    case FUNCTION_LOG:
      return std::log(x);
    case FUNCTION_SQRT:
      return std::sqrt(x);
    case FUNCTION_ABS:
      return std::fabs(x);
    default:  // sign; 0 has none, and NaN stays
      return x > 0 ? 1 : x < 0 ? -1 : x;
  }
}

double Value(const Expression& tree, double x) {
  switch (tree.node_case()) {
    case Expression::kNumber:
      return tree.number();
    case Expression::kSymbol:
      return tree.symbol() == SYMBOL_X    ? x
             : tree.symbol() == SYMBOL_PI ? std::numbers::pi
                                          : std::numbers::e;
    case Expression::kApplication:
      return Apply(tree.application().function(), Value(tree.application().argument(), x));
    default:
      break;
  }
  const double left = Value(tree.operation().left(), x);
  const double right = Value(tree.operation().right(), x);
  switch (tree.operation().operator_()) {
    case OPERATOR_ADD:
      return left + right;
    case OPERATOR_SUBTRACT:
      return left - right;
    case OPERATOR_MULTIPLY:
      return left * right;
    case OPERATOR_DIVIDE:
      return left / right;
    default:
      return std::pow(left, right);
  }
}

class EvaluatorService final : public Evaluator::Service {
  Status Evaluate(polycall::ServerContext&, const EvaluateRequest& request,
                  polycall::ServerWriter<Samples>& writer) override {
    if (request.points() < 2 || !(request.from() < request.to())) {
      return InvalidArgumentError("points must be 2 or more, and from less than to");
    }
    if (const Status status = Check(request.expression()); !status.ok()) return status;
    const double step = (request.to() - request.from()) / (request.points() - 1);
    const uint32_t chunk =
        request.chunk() == 0 ? kDefaultChunk : std::min(request.chunk(), kLargestChunk);
    for (uint32_t first = 0; first < request.points(); first += chunk) {
      Samples samples;
      samples.set_first(first);
      for (uint32_t i = first; i < request.points() && i - first < chunk; ++i) {
        samples.add_values(Value(request.expression(), request.from() + step * i));
      }
      if (!writer.Write(samples)) return polycall::CancelledError("the caller has gone");
    }
    return OkStatus();
  }
};

// The arguments, or what polycalld hands down: a socket for callers that it has told of this instance, and
// the service's front door.
std::vector<std::string> Targets(int argc, char** argv) {
  std::vector<std::string> targets(argv + 1, argv + argc);
  const char* inherited = std::getenv("POLYCALL_LISTEN");
  if (targets.empty() && inherited != nullptr) {
    std::istringstream words(inherited);
    targets.assign(std::istream_iterator<std::string>(words), {});
  }
  return targets;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> targets = Targets(argc, argv);
  if (targets.empty()) {
    std::cerr
        << "usage: evaluator-cpp TARGET..., as tcp://0.0.0.0:7411 or unix:/run/evaluator.sock\n";
    return 2;
  }
  // Before any thread is made: all inherit it, and this one waits for the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  EvaluatorService service;
  polycall::Server server;
  Status status = server.AddService(&service);
  std::string listening;
  for (const std::string& target : targets) {
    if (!status.ok()) break;
    auto address = server.Listen(target);
    status = address.status();
    if (status.ok()) listening += "listening " + *address + "\n";
  }
  if (status.ok()) status = server.Start();
  if (status.ok()) std::cout << listening << std::flush;
  if (!status.ok()) {
    std::cerr << "evaluator-cpp: " << status.ToString() << "\n";
    return 1;
  }
  int number = 0;
  sigwait(&signals, &number);
  server.Shutdown(std::chrono::seconds(5));
}
