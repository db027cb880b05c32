// polycall_metadata to and from Python.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_METADATA_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_METADATA_H_

#include <memory>

#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

struct MetadataDeleter {
  void operator()(polycall_metadata* metadata) const { polycall_metadata_free(metadata); }
};
using MetadataPtr = std::unique_ptr<polycall_metadata, MetadataDeleter>;

// A polycall.Metadata with the entries of `metadata` (NULL: empty).
Ref MetadataToPython(const polycall_metadata* metadata);

// Adds the entries of a mapping or of an iterable of (key, value) pairs. False with a Python error.
bool AddMetadata(PyObject* entries, polycall_metadata* metadata);

// NULL and true for None and for nothing.
bool MetadataFromPython(PyObject* entries, MetadataPtr* metadata);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_METADATA_H_
