#include "channel.h"

#include <pybind11/pybind11.h>

#include <algorithm>

#include "bind.h"
#include "gil.h"
#include "options.h"
#include "status.h"

namespace py = pybind11;

namespace polycall_python {
namespace {

// Every handle that is alive, for CloseAllChannels. Guarded by the GIL.
std::vector<ChannelHandle*>& AllChannels() {
  static auto* all = new std::vector<ChannelHandle*>;
  return *all;
}

}  // namespace

ChannelHandle::ChannelHandle(std::string target,
                             std::vector<std::unique_ptr<Interceptor>> interceptors)
    : target_(std::move(target)),
      in_process_(target_.starts_with("inproc:")),
      interceptors_(std::move(interceptors)) {
  live_.previous = live_.next = &live_;
  AllChannels().push_back(this);
}

ChannelHandle::~ChannelHandle() {
  std::erase(AllChannels(), this);
  Free();
}

bool ChannelHandle::Begin() {
  if (closed_ || channel_ == nullptr) {
    RaiseStatus(POLYCALL_FAILED_PRECONDITION, "the channel to " + target_ + " is closed");
    return false;
  }
  ++uses_;
  return true;
}

void ChannelHandle::End() {
  if (--uses_ == 0 && closed_) Free();
}

void ChannelHandle::Close() {
  closed_ = true;
  std::vector<polycall_call*> calls;
  for (LiveCall* call = live_.next; call != &live_; call = call->next) {
    if (call->call == nullptr) continue;
    polycall_call_retain(call->call);
    calls.push_back(call->call);
  }
  ++uses_;  // held until the calls are cancelled: their ends may come in meanwhile
  if (!calls.empty()) {
    GilRelease released;
    for (polycall_call* call : calls) {
      polycall_call_cancel(call, POLYCALL_CANCELLED, "the channel was closed");
      polycall_call_release(call);
    }
  }
  End();
}

void ChannelHandle::Add(LiveCall* call) {
  call->next = &live_;
  call->previous = live_.previous;
  call->previous->next = call;
  live_.previous = call;
}

void ChannelHandle::Remove(LiveCall* call) {
  if (call->next == nullptr) return;
  call->previous->next = call->next;
  call->next->previous = call->previous;
  call->next = call->previous = nullptr;
}

void ChannelHandle::Free() {
  polycall_channel* channel = std::exchange(channel_, nullptr);
  if (channel == nullptr) return;
  if (!InterpreterAlive()) {  // the process ends: what still uses the channel may not be waited for
    for (auto& interceptor : interceptors_) (void)interceptor.release();
    return;
  }
  // The interceptors must outlive the channel, so an end on another thread may not delete them.
  if (CallbackScope::Inside() && !interceptors_.empty()) {
    for (auto& interceptor : interceptors_) (void)interceptor.release();
    interceptors_.clear();
  }
  FreeWithoutGil(
      [](void* handle) { polycall_channel_free(static_cast<polycall_channel*>(handle)); }, channel);
}

void CloseAllChannels() {
  const std::vector<ChannelHandle*> all = AllChannels();
  for (ChannelHandle* channel : all) {
    const auto& now = AllChannels();
    if (std::find(now.begin(), now.end(), channel) != now.end()) channel->Close();
  }
}

namespace {

// The native half of polycall.Channel.
class Channel {
 public:
  Channel(const std::string& target, const py::dict& limits, int64_t connect_timeout_ns,
          int64_t initial_backoff_ns, int64_t max_backoff_ns, uint32_t max_attempts,
          const py::object& interceptors, const py::object& transports,
          const py::object& user_agent, const py::object& tls, int32_t balancing,
          int64_t rewire_interval_ns, int64_t hedging_delay_ns) {
    std::vector<std::unique_ptr<Interceptor>> list;
    if (!InterceptorsFromPython(interceptors.ptr(), &list)) throw py::error_already_set();
    polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
    ReadLimits(limits, &options.limits);
    options.connect_timeout_ns = connect_timeout_ns;
    options.initial_backoff_ns = initial_backoff_ns;
    options.max_backoff_ns = max_backoff_ns;
    options.max_attempts = max_attempts;
    const std::vector<polycall_interceptor> table = InterceptorTable(list);
    options.interceptor_count = static_cast<uint32_t>(table.size());
    options.interceptors = table.data();
    options.thread_hook = ThreadHook();
    const NameList names(transports);
    options.transports = names.get();
    std::string agent;
    if (!user_agent.is_none()) {
      agent = py::cast<std::string>(user_agent);
      options.user_agent = agent.c_str();
    }
    const TlsOptions tls_options(tls);
    options.tls = tls_options.get();
    options.balancing = balancing;
    options.rewire_interval_ns = rewire_interval_ns;
    options.hedging_delay_ns = hedging_delay_ns;
    handle_ = std::make_shared<ChannelHandle>(target, std::move(list));
    Status status;
    polycall_channel* channel = polycall_channel_new(target.c_str(), &options, status.get());
    if (channel == nullptr) {
      RaiseStatus(*status);
      throw py::error_already_set();
    }
    handle_->Adopt(channel);
  }

  const ChannelRef& handle() const { return handle_; }
  void Close() { handle_->Close(); }
  bool closed() const { return handle_->closed(); }

  py::object transport() {
    if (handle_->closed()) return py::none();
    const char* name = polycall_channel_transport(handle_->get());
    return name == nullptr ? py::object(py::none()) : py::object(py::str(name));
  }

  int state() {
    if (handle_->closed()) return POLYCALL_CHANNEL_IDLE;
    return polycall_channel_get_state(handle_->get());
  }

  void WaitReady(int64_t timeout_ns) {
    Run([&](polycall_channel* channel, polycall_status* status) {
      return polycall_channel_wait_ready(channel, timeout_ns, status);
    });
  }

  int64_t Ping(int64_t timeout_ns) {
    int64_t round_trip = 0;
    Run([&](polycall_channel* channel, polycall_status* status) {
      return polycall_channel_ping(channel, timeout_ns, &round_trip, status);
    });
    return round_trip;
  }

  py::str Explain() {
    char* json = nullptr;
    Run([&](polycall_channel* channel, polycall_status*) {
      json = polycall_channel_explain(channel);
      return POLYCALL_OK;
    });
    py::str text(json == nullptr ? "{}" : json);
    polycall_string_free(json);
    return text;
  }

 private:
  // Runs `f`, which may block, without the GIL, and raises what it says.
  template <typename F>
  void Run(F f) {
    ChannelUse use(handle_.get());
    if (!use) throw py::error_already_set();
    Status status;
    polycall_code code;
    {
      GilRelease released;
      code = f(handle_->get(), status.get());
    }
    if (code == POLYCALL_OK) return;
    RaiseStatus(*status);
    throw py::error_already_set();
  }

  ChannelRef handle_;
};

}  // namespace

ChannelRef ChannelFromPython(PyObject* object) {
  try {
    return py::cast<Channel&>(py::handle(object)).handle();
  } catch (const py::cast_error&) {
    PyErr_Format(PyExc_TypeError, "expected a polycall.Channel, not %s", Py_TYPE(object)->tp_name);
    return nullptr;
  }
}

void BindChannel(py::module_& module) {
  py::class_<Channel>(module, "Channel")
      .def(py::init<const std::string&, const py::dict&, int64_t, int64_t, int64_t, uint32_t,
                    const py::object&, const py::object&, const py::object&, const py::object&,
                    int32_t, int64_t, int64_t>())
      .def("close", &Channel::Close)
      .def_property_readonly("closed", &Channel::closed)
      .def_property_readonly("transport", &Channel::transport)
      .def("_state", &Channel::state)
      .def("_wait_ready", &Channel::WaitReady)
      .def("_ping", &Channel::Ping)
      .def("_explain", &Channel::Explain);
}

}  // namespace polycall_python
