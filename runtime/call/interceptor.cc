#include "call/interceptor.h"

#include <algorithm>
#include <cstring>

namespace polycall::call {

InterceptorChain::InterceptorChain(const polycall_interceptor* interceptors, uint32_t count) {
  // All elements are as large as the first one says: the table was compiled as one array.
  const auto* at = reinterpret_cast<const char*>(interceptors);
  for (uint32_t i = 0; i < count; ++i) {
    polycall_interceptor copy = POLYCALL_INTERCEPTOR_INIT;
    size_t size;
    memcpy(&size, at, sizeof(size));
    memcpy(&copy, at, std::min(size, sizeof(copy)));
    interceptors_.push_back(copy);
    at += size;
  }
}

base::Status InterceptorChain::Started(polycall_call* call, Metadata* metadata,
                                       std::vector<void*>* states) const {
  states->clear();
  for (const polycall_interceptor& interceptor : interceptors_) {
    states->push_back(nullptr);
    if (interceptor.started == nullptr) continue;
    polycall_status status = POLYCALL_STATUS_INIT;
    const polycall_code code =
        interceptor.started(interceptor.arg, call, metadata, &states->back(), &status);
    if (code != POLYCALL_OK) {
      if (status.code == POLYCALL_OK) status.code = code;
      base::Status result = base::Status::FromAbi(&status);
      polycall_status_clear(&status);
      return result;
    }
    polycall_status_clear(&status);
  }
  return {};
}

void InterceptorChain::Message(polycall_call* call, const polycall_message& message, bool sent,
                               std::vector<void*>* states) const {
  for (size_t i = 0; i < interceptors_.size() && i < states->size(); ++i) {
    const polycall_interceptor& interceptor = interceptors_[i];
    if (interceptor.message != nullptr) {
      interceptor.message(interceptor.arg, call, &message, sent ? 1 : 0, &(*states)[i]);
    }
  }
}

void InterceptorChain::Finished(polycall_call* call, base::Status* status,
                                std::vector<void*>* states) const {
  for (size_t i = std::min(states->size(), interceptors_.size()); i-- > 0;) {
    const polycall_interceptor& interceptor = interceptors_[i];
    if (interceptor.finished == nullptr) continue;
    polycall_status abi = POLYCALL_STATUS_INIT;
    status->ToAbi(&abi);
    interceptor.finished(interceptor.arg, call, &abi, &(*states)[i]);
    *status = base::Status::FromAbi(&abi);
    polycall_status_clear(&abi);
  }
  states->clear();
}

}  // namespace polycall::call
