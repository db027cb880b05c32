#include "metadata.h"

#include <cstring>
#include <string_view>

#include "gil.h"
#include "python_types.h"
#include "status.h"

namespace polycall_python {
namespace {

bool IsBinary(const char* key) { return std::string_view(key).ends_with("-bin"); }

bool AddEntry(PyObject* key, PyObject* value, polycall_metadata* metadata) {
  if (!PyUnicode_Check(key)) {
    PyErr_Format(PyExc_TypeError, "a metadata key is a str, not %s", Py_TYPE(key)->tp_name);
    return false;
  }
  const char* name = PyUnicode_AsUTF8(key);
  if (name == nullptr) return false;
  const char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_Check(value)) {
    data = PyBytes_AS_STRING(value);
    size = PyBytes_GET_SIZE(value);
  } else if (PyUnicode_Check(value) && !IsBinary(name)) {
    data = PyUnicode_AsUTF8AndSize(value, &size);
    if (data == nullptr) return false;
  } else {
    PyErr_Format(PyExc_TypeError, "the value of metadata key '%s' is %s, not %s", name,
                 IsBinary(name) ? "bytes" : "a str", Py_TYPE(value)->tp_name);
    return false;
  }
  Status status;
  if (polycall_metadata_add(metadata, name, data, static_cast<size_t>(size), status.get()) !=
      POLYCALL_OK) {
    RaiseStatus(*status);
    return false;
  }
  return true;
}

}  // namespace

Ref MetadataToPython(const polycall_metadata* metadata) {
  Ref list = Ref::Steal(PyObject_CallNoArgs(Types().metadata));
  if (!list) return list;
  const char* key = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; polycall_metadata_get(metadata, i, &key, &value, &size) != 0; ++i) {
    const char* data = static_cast<const char*>(value);
    Ref python_key = Ref::Steal(PyUnicode_FromString(key));
    Ref python_value = Ref::Steal(
        IsBinary(key) ? PyBytes_FromStringAndSize(data, static_cast<Py_ssize_t>(size))
                      : PyUnicode_DecodeUTF8(data, static_cast<Py_ssize_t>(size), "replace"));
    if (!python_key || !python_value) return Ref();
    Ref pair = Ref::Steal(PyTuple_Pack(2, python_key.get(), python_value.get()));
    if (!pair || PyList_Append(list.get(), pair.get()) < 0) return Ref();
  }
  return list;
}

bool AddMetadata(PyObject* entries, polycall_metadata* metadata) {
  if (PyDict_CheckExact(entries)) {
    PyObject *key = nullptr, *value = nullptr;
    Py_ssize_t position = 0;
    while (PyDict_Next(entries, &position, &key, &value)) {
      if (!AddEntry(key, value, metadata)) return false;
    }
    return true;
  }
  Ref pairs = OrHang([&] {
    return PyObject_HasAttrString(entries, "items")
               ? Ref::Steal(PyObject_CallMethod(entries, "items", nullptr))
               : Ref::Share(entries);
  });
  if (!pairs) return false;
  Ref list = Ref::Steal(OrHang([&] {
    return PySequence_Fast(pairs.get(),
                           "metadata is a mapping or a sequence of (key, value) pairs");
  }));
  if (!list) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list.get()); ++i) {
    Ref pair = Ref::Steal(PySequence_Fast(PySequence_Fast_GET_ITEM(list.get(), i),
                                          "a metadata entry is a (key, value) pair"));
    if (!pair) return false;
    if (PySequence_Fast_GET_SIZE(pair.get()) != 2) {
      PyErr_SetString(PyExc_ValueError, "a metadata entry is a (key, value) pair");
      return false;
    }
    if (!AddEntry(PySequence_Fast_GET_ITEM(pair.get(), 0), PySequence_Fast_GET_ITEM(pair.get(), 1),
                  metadata)) {
      return false;
    }
  }
  return true;
}

bool MetadataFromPython(PyObject* entries, MetadataPtr* metadata) {
  if (entries == nullptr || entries == Py_None) return true;
  metadata->reset(polycall_metadata_new());
  return AddMetadata(entries, metadata->get());
}

}  // namespace polycall_python
