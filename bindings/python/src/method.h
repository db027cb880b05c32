// A method as one channel calls it: the fast path of blocking unary calls, and the start of every
// other call.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_METHOD_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_METHOD_H_

#include <string>

#include "channel.h"
#include "message_class.h"
#include "metadata.h"
#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

struct MethodObject {
  PyObject ob_base;
  vectorcallfunc vectorcall;
  ChannelRef channel;
  const polycall_method* method;
  int32_t kind;
  const MessageClass* request_class;
  const MessageClass* response_class;
  std::string label;  // "calc.v1.Calc.Add", for messages
  bool typed;         // pass messages as objects: the peer has taken them so far
  uint32_t calls;     // since `typed` was last tried afresh
};

// The options of one call, as Python gives them.
struct CallArguments {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  MetadataPtr metadata;
  bool any = false;  // whether `options` says more than the defaults

  CallArguments() = default;
  ~CallArguments();
  CallArguments(const CallArguments&) = delete;
  CallArguments& operator=(const CallArguments&) = delete;

  // False with a Python error. Every argument may be None; `flags` also 0.
  bool Read(PyObject* timeout, PyObject* metadata_entries, PyObject* flags);
  const polycall_call_options* get() const { return any ? &options : nullptr; }
};

bool AddMethodType(PyObject* module);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_METHOD_H_
