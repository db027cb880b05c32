// The entry of libpolycall_grpc.so.
#include <grpc/grpc.h>

#include <cstring>

#include "base/module.h"
#include "transport/grpc/grpc_module.h"
#include "transport/grpc/module/client.h"
#include "transport/grpc/module/server.h"

namespace polycall::transport {
namespace {

class Module final : public GrpcModule {
 public:
  std::unique_ptr<GrpcChannel> NewChannel(int fd, const std::string& authority,
                                          const std::string& user_agent,
                                          const GrpcLimits& limits) override {
    return NewClientChannel(fd, authority, user_agent, limits);
  }
  GrpcServer* NewServer(int fd, const GrpcLimits& limits, GrpcServerEvents* events) override {
    return NewConnectionServer(fd, limits, events);
  }
  void YieldThread() override { Poller::YieldThread(); }
};

}  // namespace
}  // namespace polycall::transport

extern "C" __attribute__((visibility("default"))) const void* polycall_grpc_module(
    const char* build) {
  if (strcmp(build, polycall::base::kModuleBuild) != 0) return nullptr;
  // Never shut down: the module is never unloaded.
  static auto* module = [] {
    grpc_init();
    return new polycall::transport::Module;
  }();
  return static_cast<polycall::transport::GrpcModule*>(module);
}
