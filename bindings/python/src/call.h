// Calls as Python objects: the caller's streams, and what both sides share.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_CALL_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_CALL_H_

#include "channel.h"
#include "loop_queue.h"
#include "message_class.h"
#include "method.h"
#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

class ReceiveEvent;

// One call, of the caller's or (Context) of a handler's. Guarded by the GIL; `uses` counts the
// threads that are inside the runtime with `call` and have given the GIL up.
struct CallObject {
  PyObject ob_base;
  // One reference; NULL when the call has ended and its outcome was taken.
  polycall_call* call;
  const MessageClass* send_class;
  const MessageClass* receive_class;
  int uses;
  ReceiveEvent* pending_receive;  // the runtime's; a later await takes it over
  PyObject* stashed;              // a message that came for an await that was cancelled

  // The caller's side.
  MethodObject* method;  // owned
  LiveCall live;
  bool registered;   // counted in the channel's uses
  PyObject* info;    // CallInfo to fill, or NULL
  PyObject* status;  // polycall.Status once ended
  PyObject* error;   // StatusError, if that status is not OK
  PyObject* initial_metadata;
  PyObject* trailing_metadata;

  // The handler's side.
  bool finished;
  bool typed_caller;      // it passed its request as an object: pass responses so too
  PyObject* metadata;     // cached
  PyObject* on_cancel;    // the handler's callable, or NULL
  PyObject* cancel_task;  // what cancels an asynchronous handler's task, or NULL
};

// The outcome of EndCall: whether the call's status is OK. Waits for the end without the GIL; fills
// status, error, metadata and info. False with a Python error set (the StatusError) otherwise.
bool EndCall(CallObject* self);

// Counts this thread into the call's uses, for a scope. With the GIL.
class CallUse {
 public:
  explicit CallUse(CallObject* call) : call_(call) { ++call->uses; }
  ~CallUse() { --call_->uses; }
  CallUse(const CallUse&) = delete;
  CallUse& operator=(const CallUse&) = delete;

 private:
  CallObject* call_;
};

// Raises the status of an ended call unless it is OK; true if it is, or if the call has not ended.
bool CallOutcome(CallObject* self);

// Methods of calls that other kinds of call use too.
PyObject* CallHalfClose(PyObject* self, PyObject*);
PyObject* CallCancel(PyObject* self, PyObject*);
PyObject* CallStatus(PyObject* self, PyObject*);

// Whether messages go out as objects: the other end is Python in this process, as far as is known.
bool PassesObjects(const CallObject* self);

// Sends a message that was checked; the runtime's code, with `status` filled.
bool SendBlocking(CallObject* self, PyObject* message, uint32_t flags, polycall_code* code,
                  polycall_status* status);

// Starts a send or receive whose outcome goes to `future` on the loop that drains `queue`.
// A received message, or None at the end. False with a Python error.
bool SendAsync(CallObject* self, const LoopQueueRef& queue, PyObject* future, PyObject* message,
               uint32_t flags);
bool ReceiveAsync(CallObject* self, const LoopQueueRef& queue, PyObject* future);

// Sets a future's outcome unless it has one (it was cancelled). Leaves no Python error. `value`
// NULL takes the raised error. True when the future took it.
bool SettleFuture(PyObject* future, Ref value);

// Getters of service, method, kind, transport, peer and time_left().
extern PyGetSetDef kCommonGetters[];
// polycall.Identity of the peer, or None when nobody vouches for it; NULL with a Python error.
PyObject* IdentityToPython(const polycall_call* call);
PyObject* CallTimeLeft(PyObject* self, PyObject*);

// The types of the caller's calls, made by AddCallTypes. A MethodObject starts instances of their
// Python subclasses.
bool AddCallTypes(PyObject* module);
bool AddBlockingCallTypes(PyObject* module, PyObject* base);
PyTypeObject* CallType();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_CALL_H_
