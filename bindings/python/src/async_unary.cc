// Unary calls whose end comes as an event: for asyncio, and for concurrent.futures.
#include <memory>

#include "call.h"
#include "call_events.h"
#include "gil.h"
#include "unary.h"

namespace polycall_python {
namespace {

PyTypeObject* g_pending_type = nullptr;

MethodObject* AsMethod(PyObject* object) { return reinterpret_cast<MethodObject*>(object); }

// An asynchronous unary call: what its awaiter cancels it by.
struct PendingCall {
  PyObject ob_base;
  LiveCall live;
};

PyObject* PendingCancel(PyObject* object, PyObject*) {
  polycall_call* call = reinterpret_cast<PendingCall*>(object)->live.call;
  if (call == nullptr) Py_RETURN_NONE;  // it has ended
  polycall_call_retain(call);
  {
    GilRelease released;
    polycall_call_cancel(call, POLYCALL_CANCELLED, "the caller cancelled the call");
    polycall_call_release(call);
  }
  Py_RETURN_NONE;
}

void PendingDealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

// The end of an asynchronous unary call. On a loop it comes through the loop's queue; for a
// concurrent.futures.Future (no queue) it runs on the runtime's thread, with the GIL.
class UnaryEvent : public InlineEvent {
 public:
  UnaryEvent(MethodObject* method, LoopQueueRef queue, PyObject* future, PyObject* info,
             PyObject* pending, PyObject* request)
      : InlineEvent(queue),
        on_loop_(queue != nullptr),
        method_(Ref::Share(reinterpret_cast<PyObject*>(method))),
        future_(Ref::Share(future)),
        info_(Ref::Share(info)),
        pending_(Ref::Share(pending)),
        request_(Ref::Share(request)) {}

  ~UnaryEvent() override {
    polycall_status_clear(&unary_.status);
    polycall_message_release(&unary_.response);
    polycall_metadata_free(unary_.initial_metadata);
    polycall_metadata_free(unary_.trailing_metadata);
  }

  static void Done(void* arg, polycall_unary* unary) {
    CallbackScope scope;
    auto* self = static_cast<UnaryEvent*>(arg);
    self->unary_.status = std::exchange(unary->status, POLYCALL_STATUS_INIT);
    self->unary_.response = std::exchange(unary->response, POLYCALL_MESSAGE_INIT);
    self->unary_.initial_metadata = std::exchange(unary->initial_metadata, nullptr);
    self->unary_.trailing_metadata = std::exchange(unary->trailing_metadata, nullptr);
    if (self->on_loop_ || self->IsStarting()) {
      self->Happened();
      return;
    }
    Upcall upcall;
    if (!upcall) return;  // the process ends; so does what waits for the future
    std::unique_ptr<UnaryEvent> owned(self);
    owned->Run();
  }

  void Run() override {
    MethodObject* method = AsMethod(method_.get());
    method->channel->Remove(&AsPending()->live);
    polycall_call* call = std::exchange(AsPending()->live.call, nullptr);
    if (call != nullptr) polycall_call_release(call);
    SettleFuture(future_.get(), TakeOutcome(method, &unary_, info_.get(), unary_.initial_metadata,
                                            unary_.trailing_metadata));
    method->channel->End();
  }

 private:
  PendingCall* AsPending() { return reinterpret_cast<PendingCall*>(pending_.get()); }

  const bool on_loop_;
  Ref method_;
  Ref future_;
  Ref info_;
  Ref pending_;
  Ref request_;  // a typed request stays alive until the call has ended
  polycall_unary unary_ = POLYCALL_UNARY_INIT;
};

PyMethodDef kPendingMethods[] = {{"cancel", PendingCancel, METH_NOARGS, nullptr},
                                 {nullptr, nullptr, 0, nullptr}};

}  // namespace

PyObject* StartUnary(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  MethodObject* self = AsMethod(object);
  if (count != 7) {
    PyErr_SetString(PyExc_TypeError, "start_unary takes 7 arguments");
    return nullptr;
  }
  LoopQueueRef queue;
  if (args[0] != Py_None && (queue = LoopQueueFromPython(args[0])) == nullptr) return nullptr;
  PyObject* request = args[2];
  PyObject* info = args[6];
  if (!self->request_class->Check(request, self->label)) return nullptr;
  CallArguments arguments;
  if (!arguments.Read(args[3], args[4], args[5])) return nullptr;
  if (info != Py_None) {
    arguments.options.flags |= POLYCALL_CALL_WANT_METADATA;
    arguments.any = true;
  }
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = self->method;
  unary.options = arguments.get();
  const bool typed = self->typed;
  OutgoingMessage outgoing;
  if (!outgoing.Prepare(*self->request_class, request, typed)) return nullptr;
  unary.request = *outgoing.get();
  if (typed) unary.response_type = self->response_class->passable();
  Ref pending = Ref::Steal(g_pending_type->tp_alloc(g_pending_type, 0));
  if (!pending || !self->channel->Begin()) return nullptr;
  auto* live = &reinterpret_cast<PendingCall*>(pending.get())->live;
  live->call = nullptr;
  live->next = live->previous = nullptr;
  auto event = std::make_unique<UnaryEvent>(self, queue, args[1], info, pending.get(),
                                            typed ? request : Py_None);
  self->channel->Add(live);
  EncodeObserver observer;
  polycall_call* call = nullptr;
  InlineEvent::Begin(
      std::move(event),
      [&](UnaryEvent* started) {
        GilRelease released;
        polycall_unary_call_async(self->channel->get(), &unary, UnaryEvent::Done, started, &call);
      },
      [&] {
        // With the GIL, so before Run on any thread, unless Run was first (the link is gone then).
        if (live->next != nullptr) {
          live->call = call;
        } else if (call != nullptr) {
          polycall_call_release(call);
        }
      });
  LearnTyped(self, typed, observer);
  return pending.release();
}

bool AddPendingCallType() {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(PendingDealloc)},
                                {Py_tp_methods, kPendingMethods},
                                {0, nullptr}};
  static PyType_Spec spec = {"polycall._polycall.PendingCall", sizeof(PendingCall), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  g_pending_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return g_pending_type != nullptr;
}

}  // namespace polycall_python
