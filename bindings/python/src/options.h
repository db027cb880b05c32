// Options that channels and servers share, read from what the package's Python half passes.
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "polycall/polycall.h"

namespace polycall_python {

// Fills `limits` from a dict of field names ("max_message_size") and integers; times are in
// nanoseconds. ValueError for a name that is none and for a number out of the field's range.
void ReadLimits(const pybind11::dict& values, polycall_limits* limits);

// The `transports` option: None, or a sequence of names. Names is what the library reads.
class NameList {
 public:
  explicit NameList(const pybind11::object& names);
  NameList(const NameList&) = delete;
  NameList& operator=(const NameList&) = delete;
  const char* const* get() const { return given_ ? pointers_.data() : nullptr; }

 private:
  std::vector<std::string> names_;
  std::vector<const char*> pointers_;
  const bool given_;
};

// The `tls` option: None, or (ca_file, certificate_file, key_file, server_name, flags).
class TlsOptions {
 public:
  explicit TlsOptions(const pybind11::object& options);
  TlsOptions(const TlsOptions&) = delete;
  TlsOptions& operator=(const TlsOptions&) = delete;
  const polycall_tls_options* get() const { return given_ ? &options_ : nullptr; }

 private:
  std::optional<std::string> texts_[4];
  polycall_tls_options options_ = POLYCALL_TLS_OPTIONS_INIT;
  const bool given_;
};

// Seconds, or None for `none`, as nanoseconds; cut to what 64 bits hold. False with a Python error.
bool SecondsToNanoseconds(PyObject* seconds, int64_t none, int64_t* nanoseconds);

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_OPTIONS_H_
