// The entry of libpolycall_http.so.
#include <cstring>

#include "base/module.h"
#include "transport/http/module/session.h"

namespace polycall::transport::http {
namespace {

class FrontFace final : public Face {
 public:
  explicit FrontFace(std::unique_ptr<Site> site) : front_(std::move(site)) {}
  std::unique_ptr<Session> NewSession() override { return std::make_unique<HttpSession>(&front_); }

 private:
  Front front_;
};

class HttpModule final : public Module {
 public:
  std::unique_ptr<Face> NewFace(std::unique_ptr<Site> site) override {
    http_parser_set_max_header_size(kMaxHeaderBytes);
    return std::make_unique<FrontFace>(std::move(site));
  }
};

}  // namespace
}  // namespace polycall::transport::http

extern "C" __attribute__((visibility("default"))) const void* polycall_http_module(
    const char* build) {
  static polycall::transport::http::HttpModule module;
  if (strcmp(build, polycall::base::kModuleBuild) != 0) return nullptr;
  return static_cast<polycall::transport::http::Module*>(&module);
}
