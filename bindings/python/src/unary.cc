// Blocking unary calls: the fast path of the binding.
#include "unary.h"

#include "call.h"
#include "gil.h"
#include "interrupt.h"
#include "metadata.h"
#include "status.h"

namespace polycall_python {
namespace {

// How many calls a peer that took encodings is given encodings without asking again.
constexpr uint32_t kTypedRetryCalls = 1024;

// Blocking calls that may take longer than this can be interrupted; shorter ones take the shorter
// way and are waited for.
constexpr int64_t kLongCallNs = 1'000'000'000;

bool FillInfo(PyObject* info, PyObject* initial, PyObject* trailing) {
  return PyObject_SetAttrString(info, "initial_metadata", initial) == 0 &&
         PyObject_SetAttrString(info, "trailing_metadata", trailing) == 0;
}

// As polycall_unary_call, by steps, so that there is a call to cancel when Ctrl-C comes.
Ref CallInterruptibly(MethodObject* self, polycall_unary* unary, PyObject* info) {
  polycall_call* call = nullptr;
  const polycall_metadata* initial = nullptr;
  const polycall_metadata* trailing = nullptr;
  bool raised = false;
  {
    InterruptibleWait wait;
    {
      GilRelease released;
      call = polycall_call_start(self->channel->get(), unary->method, unary->options);
      wait.Watch(call);
      // What a send or receive fails with is the call's status.
      polycall_call_send(call, &unary->request, POLYCALL_SEND_HALF_CLOSE, nullptr);
      polycall_call_receive(call, &unary->response);
      polycall_call_wait(call, &unary->status, &trailing);
      initial = polycall_call_initial_metadata(call);
    }
    raised = wait.Raised();
  }
  Ref response;
  if (!raised) response = TakeOutcome(self, unary, info, initial, trailing);
  polycall_message_release(&unary->response);
  polycall_status_clear(&unary->status);
  {
    GilRelease released;
    polycall_call_release(call);
  }
  return response;
}

}  // namespace

void LearnTyped(MethodObject* self, bool was_typed, const EncodeObserver& observer) {
  if (was_typed) {
    if (observer.encoded()) self->typed = false;
  } else if (self->channel->in_process() && ++self->calls % kTypedRetryCalls == 0) {
    self->typed = true;
  }
}

Ref TakeOutcome(const MethodObject* self, polycall_unary* unary, PyObject* info,
                const polycall_metadata* initial_metadata,
                const polycall_metadata* trailing_metadata) {
  Ref initial, trailing;
  const bool want_metadata = info != nullptr && info != Py_None;
  if (want_metadata) {
    initial = MetadataToPython(initial_metadata);
    trailing = initial ? MetadataToPython(trailing_metadata) : Ref();
    if (!trailing || !FillInfo(info, initial.get(), trailing.get())) return Ref();
  }
  if (unary->status.code != POLYCALL_OK) {
    RaiseStatus(unary->status, initial.get(), trailing.get());
    polycall_status_clear(&unary->status);
    return Ref();
  }
  Ref response = self->response_class->Take(&unary->response);
  if (!response && PyErr_Occurred() != nullptr) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    RaiseStatus(POLYCALL_INTERNAL,
                "the response of " + self->label + " is no valid " + self->response_class->name);
  }
  return response;
}

PyObject* CallUnary(MethodObject* self, PyObject* request, PyObject* timeout, PyObject* metadata,
                    PyObject* flags, PyObject* info) {
  if (!self->request_class->Check(request, self->label)) return nullptr;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = self->method;
  CallArguments arguments;
  if (!arguments.Read(timeout, metadata, flags)) return nullptr;
  if (info != Py_None) {
    arguments.options.flags |= POLYCALL_CALL_WANT_METADATA;
    arguments.any = true;
  }
  unary.options = arguments.get();
  const bool typed = self->typed;
  OutgoingMessage outgoing;
  if (!outgoing.Prepare(*self->request_class, request, typed)) return nullptr;
  unary.request = *outgoing.get();
  if (typed) unary.response_type = self->response_class->passable();
  ChannelUse use(self->channel.get());
  if (!use) return nullptr;
  const bool may_be_long =
      arguments.options.timeout_ns == 0 || arguments.options.timeout_ns > kLongCallNs;
  if (may_be_long && !self->channel->in_process() && OnMainThread()) {
    return CallInterruptibly(self, &unary, info).release();
  }
  EncodeObserver observer;
  {
    GilRelease released;
    polycall_unary_call(self->channel->get(), &unary);
  }
  LearnTyped(self, typed, observer);
  const MetadataPtr initial(unary.initial_metadata), trailing(unary.trailing_metadata);
  return TakeOutcome(self, &unary, info, initial.get(), trailing.get()).release();
}

}  // namespace polycall_python
