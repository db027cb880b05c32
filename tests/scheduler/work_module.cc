// work.proto, as a module that `polycall host --lang c` serves.
#include <polycall/module.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "work.polycall.h"

namespace work::v1 {
namespace {

using polycall::OkStatus;
using polycall::ServerContext;
using polycall::Status;

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value != nullptr ? value : "";
}

class WorkService final : public Work::Service {
  Status Square(ServerContext&, const Number& request, Number* response) override {
    response->set_value(request.value() * request.value());
    return OkStatus();
  }
  Status SquareOnce(ServerContext&, const Number& request, Number* response) override {
    response->set_value(request.value() * request.value());
    return OkStatus();
  }
  Status Sleep(ServerContext& context, const Number& request, Number* response) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(request.value());
    while (std::chrono::steady_clock::now() < end && !context.IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    response->set_value(request.value());
    return OkStatus();
  }
  Status Who(ServerContext&, const Nothing&, Identity* response) override {
    response->set_instance(Variable("POLYCALL_INSTANCE"));
    response->set_version(Variable("VERSION"));
    response->set_pid(getpid());
    return OkStatus();
  }
  Status Eat(ServerContext&, const Number& request, Number* response) override {
    // Volatile: a compiler leaves out what nobody reads.
    volatile char* const eaten = new char[static_cast<size_t>(request.value())];
    for (int64_t i = 0; i < request.value(); i += 4096) {
      eaten[i] = 1;
    }
    response->set_value(request.value());
    return OkStatus();
  }
  Status Exit(ServerContext&, const Number& request, Nothing*) override {
    _exit(static_cast<int>(request.value()));
  }
  Status Fork(ServerContext&, const Number& request, Number* response) override {
    int64_t got = 0;
    for (; got < request.value(); ++got) {
      const pid_t child = fork();
      if (child == 0) {
        pause();
        _exit(0);
      }
      if (child < 0) break;
    }
    response->set_value(got);
    return OkStatus();
  }
  Status Print(ServerContext&, const Text& request, Nothing*) override {
    std::printf("%s\n", request.text().c_str());
    std::fflush(stdout);
    return OkStatus();
  }
  Status Fail(ServerContext&, const Number& request, Nothing*) override {
    return request.value() == 0 ? OkStatus() : polycall::InternalError("as asked");
  }
};

Status Register(polycall::Server& server) {
  return server.AddService(std::make_shared<WorkService>());
}

}  // namespace
}  // namespace work::v1

POLYCALL_MODULE(work::v1::Register);
