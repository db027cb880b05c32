// The interceptors of a channel or server, and their values for one call.
#ifndef POLYCALL_CALL_INTERCEPTOR_H_
#define POLYCALL_CALL_INTERCEPTOR_H_

#include <memory>
#include <vector>

#include "base/status.h"
#include "call/metadata.h"

namespace polycall::call {

class InterceptorChain {
 public:
  // Copies `count` interceptors, each as large as its struct_size says.
  InterceptorChain(const polycall_interceptor* interceptors, uint32_t count);
  bool empty() const { return interceptors_.empty(); }

  // Not OK from one of them: the call ends with that; `entered` is how many saw it.
  base::Status Started(polycall_call* call, Metadata* metadata, std::vector<void*>* states) const;
  void Message(polycall_call* call, const polycall_message& message, bool sent,
               std::vector<void*>* states) const;
  // In reverse order; may change `status`.
  void Finished(polycall_call* call, base::Status* status, std::vector<void*>* states) const;

 private:
  std::vector<polycall_interceptor> interceptors_;
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_INTERCEPTOR_H_
