#include "options.h"

#include <pybind11/stl.h>

#include <limits>
#include <string>

namespace py = pybind11;

namespace polycall_python {
namespace {

template <typename Field>
void Assign(const std::string& name, const py::handle& value, Field* field) {
  const auto number = py::cast<long long>(value);
  if (number < 0 || static_cast<unsigned long long>(number) >
                        static_cast<unsigned long long>(std::numeric_limits<Field>::max())) {
    throw py::value_error(name + " is out of range: " + std::to_string(number));
  }
  *field = static_cast<Field>(number);
}

}  // namespace

void ReadLimits(const py::dict& values, polycall_limits* limits) {
  for (const auto& [key, value] : values) {
    const auto name = py::cast<std::string>(key);
    if (name == "max_message_size") {
      Assign(name, value, &limits->max_message_size);
    } else if (name == "max_metadata_size") {
      Assign(name, value, &limits->max_metadata_size);
    } else if (name == "max_calls_per_connection") {
      Assign(name, value, &limits->max_calls_per_connection);
    } else if (name == "max_connections") {
      Assign(name, value, &limits->max_connections);
    } else if (name == "call_window") {
      Assign(name, value, &limits->call_window);
    } else if (name == "connection_window") {
      Assign(name, value, &limits->connection_window);
    } else if (name == "max_pending_calls") {
      Assign(name, value, &limits->max_pending_calls);
    } else if (name == "handshake_timeout") {
      Assign(name, value, &limits->handshake_timeout_ns);
    } else if (name == "idle_timeout") {
      Assign(name, value, &limits->idle_timeout_ns);
    } else if (name == "keepalive_interval") {
      Assign(name, value, &limits->keepalive_interval_ns);
    } else if (name == "keepalive_timeout") {
      Assign(name, value, &limits->keepalive_timeout_ns);
    } else {
      throw py::type_error("there is no limit named " + name);
    }
  }
}

NameList::NameList(const py::object& names) : given_(!names.is_none()) {
  if (!given_) return;
  if (py::isinstance<py::str>(names)) {
    throw py::type_error("`transports` is a sequence of names, as [\"unix\"], not one str");
  }
  names_ = py::cast<std::vector<std::string>>(names);
  for (const std::string& name : names_) pointers_.push_back(name.c_str());
  pointers_.push_back(nullptr);
}

TlsOptions::TlsOptions(const py::object& options) : given_(!options.is_none()) {
  if (!given_) return;
  const auto values = py::cast<py::tuple>(options);
  const char** const places[] = {&options_.ca_file, &options_.certificate_file, &options_.key_file,
                                 &options_.server_name};
  for (size_t i = 0; i < 4; ++i) {
    texts_[i] = py::cast<std::optional<std::string>>(values[i]);
    if (texts_[i]) *places[i] = texts_[i]->c_str();
  }
  options_.flags = py::cast<uint32_t>(values[4]);
}

bool SecondsToNanoseconds(PyObject* seconds, int64_t none, int64_t* nanoseconds) {
  if (seconds == Py_None) {
    *nanoseconds = none;
    return true;
  }
  const double value = PyFloat_AsDouble(seconds);
  if (value == -1.0 && PyErr_Occurred() != nullptr) return false;
  if (value != value) {
    PyErr_SetString(PyExc_ValueError, "a time in seconds cannot be nan");
    return false;
  }
  constexpr double kMost = 9.2e18;
  const double scaled = value * 1e9;
  *nanoseconds = scaled >= kMost    ? std::numeric_limits<int64_t>::max()
                 : scaled <= -kMost ? std::numeric_limits<int64_t>::min()
                                    : static_cast<int64_t>(scaled);
  return true;
}

}  // namespace polycall_python
