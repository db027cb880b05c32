// A module in C++.
#include <stdexcept>

#include "module.polycall.h"

namespace {

using module::v1::Number;
using module::v1::Pair;

class Module : public module::v1::Module::Service {
  polycall::Status Subtract(polycall::ServerContext&, const Pair& request, Number* reply) override {
    if (request.left() > 1e6) throw std::runtime_error("too large for this module");
    reply->set_value(request.left() - request.right());
    return {};
  }
};

polycall::Status Register(polycall::Server& server) {
  return server.AddService(std::make_shared<Module>());
}

}  // namespace

POLYCALL_MODULE(Register);
