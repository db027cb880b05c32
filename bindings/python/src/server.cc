#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bind.h"
#include "gil.h"
#include "handler.h"
#include "interceptor.h"
#include "options.h"
#include "polycall/host.h"
#include "server.h"
#include "status.h"

namespace py = pybind11;

namespace polycall_python {
namespace {

constexpr size_t kAddressSize = 512;

class Server;

// What the runtime holds of one added service: its handlers, until it will call none any more.
struct AddedService {
  std::vector<std::unique_ptr<Handler>> handlers;
  Server* server = nullptr;  // a borrowed one, kept by `keeper`
  Ref keeper;
};

void FreeService(void* arg);

void FreeServer(void* server) { polycall_server_free(static_cast<polycall_server*>(server)); }

// The native half of polycall.Server. Guarded by the GIL; `uses_` counts the threads inside the
// runtime.
class Server {
 public:
  Server(const py::dict& limits, uint32_t max_threads, uint32_t flags,
         const py::object& interceptors, const py::object& name, const py::object& transports,
         const py::object& tls) {
    if (!InterceptorsFromPython(interceptors.ptr(), &interceptors_)) throw py::error_already_set();
    polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
    ReadLimits(limits, &options.limits);
    options.max_threads = max_threads;
    options.flags = flags;
    const std::vector<polycall_interceptor> table = InterceptorTable(interceptors_);
    options.interceptor_count = static_cast<uint32_t>(table.size());
    options.interceptors = table.data();
    options.thread_hook = ThreadHook();
    std::string text;
    if (!name.is_none()) {
      text = py::cast<std::string>(name);
      options.name = text.c_str();
    }
    const NameList names(transports);
    options.transports = names.get();
    const TlsOptions tls_options(tls);
    options.tls = tls_options.get();
    Status status;
    server_ = polycall_server_new(&options, status.get());
    if (server_ == nullptr) Throw(*status);
    All().push_back(this);
  }

  // A server of somebody else's, who loads a module of Python's into it. It is there until the last
  // service that was added has been freed; without one, until Loaded.
  explicit Server(uintptr_t borrowed)
      : server_(reinterpret_cast<polycall_server*>(borrowed)), borrowed_(true) {}

  ~Server() {
    std::erase(All(), this);
    if (!borrowed_) Free();
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  static std::vector<Server*>& All() {
    static auto* all = new std::vector<Server*>;
    return *all;
  }

  // methods: (name, kind, flags, timeout_ns, request class, response class, function) each.
  void AddService(const std::string& name, const py::list& methods, const py::bytes& descriptors,
                  uint64_t fingerprint, const py::object& queue, const py::object& dispatch) {
    auto service = std::make_unique<AddedService>();
    std::vector<polycall_method_descriptor> descriptor_table;
    std::vector<polycall_handler> handler_table;
    for (const py::handle& entry : methods) {
      const auto fields = py::cast<py::tuple>(entry);
      auto handler = std::make_unique<Handler>();
      handler->service = name;
      handler->method = py::cast<std::string>(fields[0]);
      handler->kind = py::cast<int32_t>(fields[1]);
      handler->request_class = MessageClass::Get(fields[4].ptr());
      handler->response_class = MessageClass::Get(fields[5].ptr());
      if (handler->request_class == nullptr || handler->response_class == nullptr) {
        throw py::error_already_set();
      }
      handler->function = Ref::Share(py::object(fields[6]).ptr());
      const bool on_loop = py::cast<bool>(fields[7]);
      if (on_loop) {
        handler->queue = LoopQueueFromPython(queue.ptr());
        if (handler->queue == nullptr) throw py::error_already_set();
        handler->dispatch = Ref::Share(dispatch.ptr());
      }
      polycall_method_descriptor descriptor{};
      descriptor.struct_size = sizeof(descriptor);
      descriptor.name = handler->method.c_str();
      descriptor.kind = handler->kind;
      descriptor.flags = py::cast<uint32_t>(fields[2]);
      descriptor.default_timeout_ns = py::cast<int64_t>(fields[3]);
      descriptor.request_name = handler->request_class->name.c_str();
      descriptor.response_name = handler->response_class->name.c_str();
      descriptor_table.push_back(descriptor);
      polycall_handler entry_handler = POLYCALL_HANDLER_INIT;
      entry_handler.fn = on_loop ? PostToLoop : RunBlockingHandler;
      entry_handler.arg = handler.get();
      entry_handler.request_type = handler->request_class->passable();
      entry_handler.asynchronous = on_loop ? 1 : 0;
      handler_table.push_back(entry_handler);
      service->handlers.push_back(std::move(handler));
    }
    if (borrowed_) {
      service->server = this;
      service->keeper = Ref::Share(py::cast(this).ptr());
    }
    const std::string_view set = descriptors;
    polycall_service_descriptor descriptor{};
    descriptor.struct_size = sizeof(descriptor);
    descriptor.name = name.c_str();
    descriptor.methods = descriptor_table.data();
    descriptor.method_count = descriptor_table.size();
    descriptor.method_stride = sizeof(polycall_method_descriptor);
    descriptor.file_descriptor_set = set.empty() ? nullptr : set.data();
    descriptor.file_descriptor_set_size = set.size();
    descriptor.fingerprint = fingerprint;
    Run([&](polycall_server* server, polycall_status* status) {
      return polycall_server_add_service(server, &descriptor, handler_table.data(),
                                         sizeof(polycall_handler), service.get(), FreeService,
                                         status);
    });
    (void)service.release();  // FreeService's
    ++services_;
  }

  // The module has been loaded.
  void Loaded() {
    if (services_ == 0) server_ = nullptr;
  }

  // A service of a borrowed server was freed; true for the last one, with which the server ends.
  bool ServiceFreed() {
    if (--services_ > 0) return false;
    server_ = nullptr;
    return true;
  }

  // Loads a module of another language into this server.
  void Load(const std::string& language, const std::string& module,
            const std::vector<std::string>& arguments) {
    std::vector<const char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
    pointers.push_back(nullptr);
    polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
    options.language = language.c_str();
    options.module = module.c_str();
    options.arguments = pointers.data();
    Run([&](polycall_server* server, polycall_status* status) {
      return polycall_host_load(server, &options, status);
    });
  }

  void Allow(const std::string& service, const std::vector<std::string>& identities) {
    std::vector<const char*> pointers;
    for (const std::string& identity : identities) pointers.push_back(identity.c_str());
    Run([&](polycall_server* server, polycall_status* status) {
      return polycall_server_allow(server, service.c_str(), pointers.data(), pointers.size(),
                                   status);
    });
  }

  std::string Listen(const std::string& target) {
    char address[kAddressSize] = "";
    Run([&](polycall_server* server, polycall_status* status) {
      return polycall_server_listen(server, target.c_str(), address, sizeof(address), status);
    });
    return address;
  }

  void Start() {
    Run([](polycall_server* server, polycall_status* status) {
      return polycall_server_start(server, status);
    });
  }

  void Shutdown(int64_t grace_ns) {
    if (server_ == nullptr) return;
    Run([&](polycall_server* server, polycall_status*) {
      polycall_server_shutdown(server, grace_ns);
      return POLYCALL_OK;
    });
  }

  // Frees the server once nobody is inside it.
  void Close() {
    closed_ = true;
    if (uses_ == 0) Free();
  }

  bool Wait(int64_t timeout_ns) {
    if (server_ == nullptr) return true;
    polycall_code code = POLYCALL_OK;
    Run([&](polycall_server* server, polycall_status*) {
      code = polycall_server_wait(server, timeout_ns);
      return POLYCALL_OK;
    });
    return code == POLYCALL_OK;
  }

  bool RunWorker(int64_t timeout_ns) {
    if (server_ == nullptr) return true;
    polycall_code code = POLYCALL_OK;
    Run([&](polycall_server* server, polycall_status*) {
      code = polycall_server_run_worker(server, timeout_ns);
      return POLYCALL_OK;
    });
    return code == POLYCALL_OK;
  }

  void SetServing(const std::string& service, bool serving) {
    Run([&](polycall_server* server, polycall_status*) {
      polycall_server_set_serving(server, service.c_str(), serving ? 1 : 0);
      return POLYCALL_OK;
    });
  }

  py::dict Stats() {
    polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
    Run([&](polycall_server* server, polycall_status*) {
      polycall_server_get_stats(server, &stats);
      return POLYCALL_OK;
    });
    py::dict result;
    result["connections_open"] = stats.connections_open;
    result["connections_accepted"] = stats.connections_accepted;
    result["calls_started"] = stats.calls_started;
    result["calls_in_flight"] = stats.calls_in_flight;
    result["calls_failed"] = stats.calls_failed;
    result["protocol_errors"] = stats.protocol_errors;
    result["threads"] = stats.threads;
    return result;
  }

  polycall_server* get() const { return server_; }

  // After a fork(), in the child: the server is the parent's, and nothing of it may be touched.
  void Disown() {
    Abandon();
    disowned_ = true;
  }

 private:
  [[noreturn]] static void Throw(const polycall_status& status) {
    RaiseStatus(status);
    throw py::error_already_set();
  }

  template <typename F>
  void Run(F f) {
    if (server_ == nullptr) {
      RaiseStatus(POLYCALL_FAILED_PRECONDITION,
                  disowned_ ? "the server is the parent process's; after fork() make a new one"
                            : "the server is closed");
      throw py::error_already_set();
    }
    Status status;
    polycall_code code;
    ++uses_;
    {
      GilRelease released;
      code = f(server_, status.get());
    }
    if (--uses_ == 0 && closed_) Free();
    if (code != POLYCALL_OK) Throw(*status);
  }

  // Leaves the server and what it refers to as they are, for good.
  polycall_server* Abandon() {
    for (auto& interceptor : interceptors_) (void)interceptor.release();
    interceptors_.clear();
    return std::exchange(server_, nullptr);
  }

  void Free() {
    if (server_ == nullptr) return;
    if (!InterpreterAlive()) {  // a handler that never returns must not keep the process alive
      Abandon();
      return;
    }
    // The interceptors must outlive the server, which another thread may be about to free.
    polycall_server* server = CallbackScope::Inside() ? Abandon() : std::exchange(server_, nullptr);
    FreeWithoutGil(FreeServer, server);
  }

  std::vector<std::unique_ptr<Interceptor>> interceptors_;
  polycall_server* server_ = nullptr;
  int uses_ = 0;
  bool closed_ = false;
  bool disowned_ = false;
  const bool borrowed_ = false;
  int services_ = 0;  // that were added and not freed; counted for a borrowed server
};

void FreeService(void* arg) {
  Upcall upcall;
  if (!upcall) return;  // its references went with the interpreter
  const std::unique_ptr<AddedService> service(static_cast<AddedService*>(arg));
  if (service->server == nullptr || !service->server->ServiceFreed()) return;
  const Ref result = Ref::Steal(PyObject_CallMethod(service->keeper.get(), "_returned", nullptr));
  if (!result) PyErr_WriteUnraisable(service->keeper.get());
}

}  // namespace

void DisownServers() {
  for (Server* server : Server::All()) server->Disown();
}

std::vector<polycall_server*> AllServers() {
  std::vector<polycall_server*> servers;
  for (Server* server : Server::All()) {
    if (server->get() != nullptr) servers.push_back(server->get());
  }
  return servers;
}

void BindServer(py::module_& module) {
  py::class_<Server>(module, "Server")
      .def(py::init<const py::dict&, uint32_t, uint32_t, const py::object&, const py::object&,
                    const py::object&, const py::object&>())
      .def(py::init<uintptr_t>())
      .def("_loaded", &Server::Loaded)
      .def("_load", &Server::Load)
      .def("_add_service", &Server::AddService)
      .def("_allow", &Server::Allow)
      .def("_listen", &Server::Listen)
      .def("_start", &Server::Start)
      .def("_shutdown", &Server::Shutdown)
      .def("_close", &Server::Close)
      .def("_wait", &Server::Wait)
      .def("_run_worker", &Server::RunWorker)
      .def("_set_serving", &Server::SetServing)
      .def("stats", &Server::Stats);
}

}  // namespace polycall_python
