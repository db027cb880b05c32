// Handlers: from a call of the runtime's to a Python function and back.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_HANDLER_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_HANDLER_H_

#include <string>

#include "call.h"
#include "loop_queue.h"
#include "message_class.h"
#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// One method's handler. Made and ended with the GIL.
struct Handler {
  std::string service;
  std::string method;
  int32_t kind = POLYCALL_UNARY;
  const MessageClass* request_class = nullptr;
  const MessageClass* response_class = nullptr;
  Ref function;  // (request or requests, context)
  // For asynchronous handlers: the loop's queue, and dispatch(function, request, context) to be
  // called on the loop.
  LoopQueueRef queue;
  Ref dispatch;

  std::string label() const { return service + "." + method; }
  bool streams_requests() const {
    return kind == POLYCALL_CLIENT_STREAMING || kind == POLYCALL_BIDI_STREAMING;
  }
  bool streams_responses() const {
    return kind == POLYCALL_SERVER_STREAMING || kind == POLYCALL_BIDI_STREAMING;
  }
};

// What the runtime calls; `arg` is the Handler.
void RunBlockingHandler(void* arg, polycall_call* call, const polycall_message* request);
void PostToLoop(void* arg, polycall_call* call, const polycall_message* request);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_HANDLER_H_
