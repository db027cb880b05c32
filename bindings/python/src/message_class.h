// Protobuf message classes of Python, as the runtime sees them.
//
// A message crosses as bytes, or, between two Python ends in one process, as the object itself: a
// polycall_message whose `object` is the PyObject*. The identity of its type is the class.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_MESSAGE_CLASS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_MESSAGE_CLASS_H_

#include <string>

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// One message class. Immortal, as its class thereby is. `bytes` is a class too: the one whose
// messages are their own encoding.
struct MessageClass {
  PyTypeObject* python_class = nullptr;
  PyObject* from_string = nullptr;  // bound FromString; NULL for bytes
  std::string name;                 // "calc.v1.AddRequest", or "bytes"
  polycall_message_type type = POLYCALL_MESSAGE_TYPE_INIT;

  // The one for `python_class`, or NULL with a TypeError.
  static const MessageClass* Get(PyObject* python_class);

  bool is_bytes() const { return from_string == nullptr; }

  // NULL for bytes, which need no representation of their own.
  const polycall_message_type* passable() const { return is_bytes() ? nullptr : &type; }

  // Whether `message` is one of this class; a TypeError that names `where` otherwise.
  bool Check(PyObject* message, const std::string& where) const;

  // The encoding of a checked message, as a bytes object. NULL with a Python error.
  Ref Encode(PyObject* message) const;

  // A message from its encoding. NULL with a Python error.
  Ref Decode(const void* data, size_t size) const;

  // What came out of the runtime, as a Python object, and releases it. NULL with a Python error.
  Ref Take(polycall_message* message) const;
  // The same for a message that stays the runtime's.
  Ref Read(const polycall_message& message) const;
};

// Whether `message` is a Python object passed as such.
bool IsPythonObject(const polycall_message& message);

// A message on its way in: owns what the polycall_message points to.
class OutgoingMessage {
 public:
  // `typed`: pass the object itself. False with a Python error.
  bool Prepare(const MessageClass& message_class, PyObject* message, bool typed);
  const polycall_message* get() const { return &message_; }

 private:
  Ref owner_;
  polycall_message message_ = POLYCALL_MESSAGE_INIT;
};

// Notes whether the runtime asked this thread for the encoding of a typed message: then the other
// end was not Python, and encoding up front is cheaper the next time.
class EncodeObserver {
 public:
  EncodeObserver();
  ~EncodeObserver();
  bool encoded() const { return encoded_; }
  static void Note();

 private:
  bool encoded_ = false;
  EncodeObserver* outer_;
};

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_MESSAGE_CLASS_H_
