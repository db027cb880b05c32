#include "loop_queue.h"

#include <pybind11/pybind11.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "bind.h"
#include "gil.h"

namespace py = pybind11;

namespace polycall_python {

LoopQueue::LoopQueue() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) PyErr_SetFromErrno(PyExc_OSError);
}

LoopQueue::~LoopQueue() {
  LoopEvent* event = TakeAll();
  if (event != nullptr) {
    Upcall upcall;
    while (upcall && event != nullptr) {
      std::unique_ptr<LoopEvent> owned(std::exchange(event, event->next_));
      owned->Run();
    }
  }
  if (fd_ >= 0) close(fd_);
}

void LoopQueue::Push(std::unique_ptr<LoopEvent> event) {
  LoopEvent* raw = event.release();
  LoopEvent* head = head_.load(std::memory_order_relaxed);
  do {
    raw->next_ = head;
  } while (!head_.compare_exchange_weak(head, raw, std::memory_order_release,
                                        std::memory_order_relaxed));
  if (head != nullptr) return;  // whoever pushed first has woken the loop, which has not come yet
  const uint64_t one = 1;
  while (write(fd_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

LoopEvent* LoopQueue::TakeAll() {
  LoopEvent* stack = head_.exchange(nullptr, std::memory_order_acquire);
  LoopEvent* in_order = nullptr;
  while (stack != nullptr) {
    LoopEvent* next = stack->next_;
    stack->next_ = in_order;
    in_order = stack;
    stack = next;
  }
  return in_order;
}

void LoopQueue::Drain() {
  // Before the list is taken: a push after that finds it empty and wakes the loop once more.
  uint64_t count = 0;
  while (read(fd_, &count, sizeof(count)) < 0 && errno == EINTR) {
  }
  LoopEvent* event = TakeAll();
  while (event != nullptr) {
    std::unique_ptr<LoopEvent> owned(std::exchange(event, event->next_));
    owned->Run();
  }
}

LoopQueueRef LoopQueueFromPython(PyObject* object) {
  try {
    return py::cast<LoopQueueRef>(py::handle(object));
  } catch (const py::cast_error&) {
    PyErr_Format(PyExc_TypeError, "expected a LoopQueue, not %s", Py_TYPE(object)->tp_name);
    return nullptr;
  }
}

void BindLoopQueue(py::module_& module) {
  py::class_<LoopQueue, LoopQueueRef>(module, "LoopQueue")
      .def(py::init([] {
        auto queue = std::make_shared<LoopQueue>();
        if (queue->fileno() < 0) throw py::error_already_set();
        return queue;
      }))
      .def("fileno", &LoopQueue::fileno)
      .def("drain", &LoopQueue::Drain);
}

}  // namespace polycall_python
