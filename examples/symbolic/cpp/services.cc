#include "services.h"

#include <polycall/host.h>

namespace {
constexpr const char* kOwnAddress = "inproc:symbolic";
constexpr std::string_view kHostPrefix = "host:";

void Check(const polycall::Status& status) {
  if (!status.ok()) {
    throw polycall::StatusError(status);
  }
}
}  // namespace

Services::Services(const Options& options) {
  parser = Reach("Haskell", options.parser);
  deriver = Reach("Lisp", options.deriver);
  evaluator = Reach("C", options.evaluator);
  checker = Reach("Java", options.checker);
  drawer = Reach("Python", options.drawer);
  if (own_) {
    Check(own_->Listen(kOwnAddress).status());
    Check(own_->Start());
  }
}

Service Services::Reach(const char* language, const std::string& target) {
  if (!target.starts_with(kHostPrefix)) {
    return {language, polycall::Channel::Create(target).value()};
  }
  const std::string rest = target.substr(kHostPrefix.size());
  const size_t colon = rest.find(':');
  if (colon == std::string::npos) {
    Check(polycall::InvalidArgumentError("'" + target + "' is not host:LANGUAGE:MODULE"));
  }
  Load(rest.substr(0, colon), rest.substr(colon + 1));
  return {language, polycall::Channel::Create(kOwnAddress).value()};
}

void Services::Load(const std::string& language, const std::string& module) {
  if (!own_) {
    own_ = std::make_unique<polycall::Server>();
  }
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = language.c_str();
  options.module = module.c_str();
  polycall_status raw = POLYCALL_STATUS_INIT;
  if (polycall_host_load(own_->get(), &options, &raw) != POLYCALL_OK) {
    const polycall::Status status(static_cast<polycall::Code>(raw.code),
                                  raw.message != nullptr ? raw.message : "");
    polycall_status_clear(&raw);
    Check(status);
  }
}
