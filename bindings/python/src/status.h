// polycall_status to and from the exceptions of polycall._status.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_STATUS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_STATUS_H_

#include <string>

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// A status that clears itself.
class Status {
 public:
  Status() = default;
  Status(polycall_code code, const std::string& message) {
    polycall_status_set(&status_, code, message.c_str(), nullptr, 0);
  }
  ~Status() { polycall_status_clear(&status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  polycall_status* get() { return &status_; }
  const polycall_status& operator*() const { return status_; }
  bool ok() const { return status_.code == POLYCALL_OK; }

 private:
  polycall_status status_ = POLYCALL_STATUS_INIT;
};

// A new StatusError (of the code's own class); the metadata may be NULL. NULL with a Python error
// set only when memory ran out.
Ref MakeStatusError(const polycall_status& status, PyObject* initial_metadata = nullptr,
                    PyObject* trailing_metadata = nullptr);

// A polycall.Status.
Ref MakeStatusValue(const polycall_status& status);

// Raise it. Always NULL, to be returned.
PyObject* RaiseStatus(const polycall_status& status, PyObject* initial_metadata = nullptr,
                      PyObject* trailing_metadata = nullptr);
PyObject* RaiseStatus(polycall_code code, const std::string& message);

// Takes the raised Python exception and makes a status of it: a StatusError gives its own status,
// anything else UNKNOWN with "ValueError: text". With `unexpected`, an exception that is no
// StatusError sets it and stays raised, for the log; everything else leaves no exception raised.
void TakeError(polycall_status* status, bool* unexpected = nullptr);

// Reads code, message and details of a StatusError or Status. False with a Python error set.
bool ReadStatus(PyObject* object, polycall_status* status);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_STATUS_H_
