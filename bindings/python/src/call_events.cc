// Sends and receives of streams on an asyncio loop.
#include <pybind11/pybind11.h>

#include "call.h"
#include "call_events.h"
#include "gil.h"
#include "status.h"

namespace polycall_python {
// The operation that this thread is starting: one that ends at once is settled by its starter,
// without the loop's wake-up.
thread_local InlineEvent::Starting* InlineEvent::t_starting_ = nullptr;

void InlineEvent::Happened() {
  if (IsStarting()) {
    t_starting_->happened_ = true;
    return;
  }
  LoopQueueRef queue = std::move(queue_);
  queue->Push(std::unique_ptr<LoopEvent>(this));
}

InlineEvent::Starting::Starting(InlineEvent* event) : event_(event), outer_(t_starting_) {
  t_starting_ = this;
}

InlineEvent::Starting::~Starting() { t_starting_ = outer_; }

bool SettleFuture(PyObject* future, Ref value) {
  static PyObject* done = PyUnicode_InternFromString("done");
  static PyObject* set_result = PyUnicode_InternFromString("set_result");
  static PyObject* set_exception = PyUnicode_InternFromString("set_exception");
  Ref error;
  if (!value) {
    PyObject *type = nullptr, *raised = nullptr, *traceback = nullptr;
    PyErr_Fetch(&type, &raised, &traceback);
    PyErr_NormalizeException(&type, &raised, &traceback);
    error = Ref::Steal(raised);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
  }
  Ref is_done = Ref::Steal(PyObject_CallMethodNoArgs(future, done));
  const bool open = is_done && PyObject_IsTrue(is_done.get()) == 0;
  Ref result;
  if (open && value) {
    result = Ref::Steal(
        OrHang([&] { return PyObject_CallMethodOneArg(future, set_result, value.get()); }));
  } else if (open && error) {
    result = Ref::Steal(
        OrHang([&] { return PyObject_CallMethodOneArg(future, set_exception, error.get()); }));
  }
  PyErr_Clear();  // a loop that was closed meanwhile
  return static_cast<bool>(result);
}

// One message, or the end, on its way to the loop.
class ReceiveEvent : public InlineEvent {
 public:
  ReceiveEvent(CallObject* call, LoopQueueRef queue, PyObject* future)
      : InlineEvent(std::move(queue)),
        call_(Ref::Share(reinterpret_cast<PyObject*>(call))),
        future_(Ref::Share(future)) {}

  ~ReceiveEvent() override { polycall_message_release(&message_); }

  // A later await, after the one that began this was cancelled.
  void TakeOver(PyObject* future) { future_ = Ref::Share(future); }

  static void Received(void* arg, polycall_message* message) {
    CallbackScope scope;
    auto* self = static_cast<ReceiveEvent*>(arg);
    if (message != nullptr) {
      self->message_ = *message;
      *message = POLYCALL_MESSAGE_INIT;
      self->got_ = true;
    }
    self->Happened();
  }

  void Run() override {
    auto* call = reinterpret_cast<CallObject*>(call_.get());
    call->pending_receive = nullptr;
    --call->uses;
    Ref value;
    if (got_) {
      call->typed_caller = IsPythonObject(message_);
      value = call->receive_class->Take(&message_);
    } else if (call->method == nullptr || EndCall(call)) {
      value = Ref::Share(Py_None);
    }
    PyObject* message = value.get();
    Ref keep = Ref::Share(message);
    if (!SettleFuture(future_.get(), std::move(value)) && got_ && keep &&
        call->stashed == nullptr) {
      call->stashed = keep.release();
    }
  }

 private:
  Ref call_;
  Ref future_;
  polycall_message message_ = POLYCALL_MESSAGE_INIT;
  bool got_ = false;
};

namespace {

class SendEvent : public InlineEvent {
 public:
  SendEvent(CallObject* call, LoopQueueRef queue, PyObject* future)
      : InlineEvent(std::move(queue)),
        call_(Ref::Share(reinterpret_cast<PyObject*>(call))),
        future_(Ref::Share(future)) {}

  static void Done(void* arg, polycall_code code) {
    CallbackScope scope;
    auto* self = static_cast<SendEvent*>(arg);
    self->code_ = code;
    self->Happened();
  }

  void Run() override {
    --reinterpret_cast<CallObject*>(call_.get())->uses;
    // The code goes to Python as a number: what a failed send means differs between the sides.
    SettleFuture(future_.get(), Ref::Steal(PyLong_FromLong(code_)));
  }

 private:
  Ref call_;
  Ref future_;
  polycall_code code_ = POLYCALL_OK;
};

}  // namespace

bool SendAsync(CallObject* self, const LoopQueueRef& queue, PyObject* future, PyObject* message,
               uint32_t flags) {
  OutgoingMessage outgoing;
  const bool typed = PassesObjects(self);
  if (!outgoing.Prepare(*self->send_class, message, typed)) return false;
  auto event = std::make_unique<SendEvent>(self, queue, future);
  ++self->uses;
  polycall_call* call = self->call;
  InlineEvent::Begin(
      std::move(event),
      [&](SendEvent* started) {
        GilRelease released;
        polycall_call_send_async(call, outgoing.get(), flags, SendEvent::Done, started);
      },
      [] {});
  return true;
}

bool ReceiveAsync(CallObject* self, const LoopQueueRef& queue, PyObject* future) {
  if (self->stashed != nullptr) {
    SettleFuture(future, Ref::Steal(std::exchange(self->stashed, nullptr)));
    return true;
  }
  if (self->pending_receive != nullptr) {
    self->pending_receive->TakeOver(future);
    return true;
  }
  auto event = std::make_unique<ReceiveEvent>(self, queue, future);
  ++self->uses;
  self->pending_receive = event.get();
  polycall_call* call = self->call;
  InlineEvent::Begin(
      std::move(event),
      [&](ReceiveEvent* started) {
        GilRelease released;
        polycall_call_receive_async(call, ReceiveEvent::Received, started);
      },
      [] {});
  return true;
}

}  // namespace polycall_python
