#include "server/health.h"

#include <algorithm>

#include "base/wire.h"

namespace polycall::server {
namespace {

// HealthCheckRequest { string service = 1; }
bool ParseRequest(const polycall_message* request, std::string* service) {
  base::WireReader reader(call::BytesOf(*request));
  while (reader.Next()) {
    if (reader.Is(1, base::WireType::kBytes)) *service = reader.bytes();
  }
  return reader.ok();
}

// HealthCheckResponse { ServingStatus status = 1; }
std::string Response(Health::Serving serving) {
  std::string bytes;
  base::WireWriter(&bytes).AddVarint(1, serving);
  return bytes;
}

base::Status BadRequest() {
  return base::InvalidArgument("the request is no grpc.health.v1.HealthCheckRequest");
}

}  // namespace

Health::Serving Health::Get(const std::string& service) {
  auto it = services_.find(service);
  if (it == services_.end()) return kServiceUnknown;
  return shut_down_ ? kNotServing : it->second;
}

void Health::Set(std::string_view service, Serving serving) {
  {
    base::MutexLock lock(mutex_);
    services_.insert_or_assign(std::string(service), serving);
  }
  Tell(std::string(service));
}

void Health::Shutdown() {
  std::vector<Watcher> watchers;
  {
    base::MutexLock lock(mutex_);
    shut_down_ = true;
    watchers.swap(watchers_);
  }
  for (Watcher& watcher : watchers) {
    Send(watcher.call, kNotServing);
    watcher.call->Finish(base::Unavailable("the server shuts down"), nullptr);
    watcher.call->Release();
  }
}

void Health::Send(call::Call* call, Serving serving) {
  const std::string bytes = Response(serving);
  // A watcher that does not read has one message pending; it misses states, not the last.
  call->SendAsync(
      call::ViewMessage(bytes, nullptr), 0, [](void*, polycall_code) {}, nullptr);
}

void Health::Tell(const std::string& service) {
  std::vector<base::Ref<call::Call>> calls;
  Serving serving;
  {
    base::MutexLock lock(mutex_);
    serving = Get(service);
    for (const Watcher& watcher : watchers_) {
      if (watcher.service == service) calls.push_back(base::Ref<call::Call>::Share(watcher.call));
    }
  }
  for (auto& call : calls) Send(call.get(), serving);
}

void Health::Check(void* arg, polycall_call* abi_call, const polycall_message* request) {
  auto* self = static_cast<Health*>(arg);
  auto* call = call::Call::From(abi_call);
  std::string service;
  if (!ParseRequest(request, &service)) return call->Finish(BadRequest(), nullptr);
  Serving serving;
  {
    base::MutexLock lock(self->mutex_);
    serving = self->Get(service);
  }
  if (serving == kServiceUnknown) {
    return call->Finish({POLYCALL_NOT_FOUND, "this server has no service \"" + service + "\""},
                        nullptr);
  }
  const std::string bytes = Response(serving);
  const polycall_message response = call::ViewMessage(bytes, nullptr);
  call->Finish({}, &response);
}

void Health::Forget(call::Call* call) {
  {
    base::MutexLock lock(mutex_);
    auto it = std::find_if(watchers_.begin(), watchers_.end(),
                           [call](const Watcher& watcher) { return watcher.call == call; });
    if (it == watchers_.end()) return;
    watchers_.erase(it);
  }
  call->Finish({POLYCALL_CANCELLED, "the watcher is gone"}, nullptr);
  call->Release();
}

void Health::Watch(void* arg, polycall_call* abi_call, const polycall_message* request) {
  auto* self = static_cast<Health*>(arg);
  auto* call = call::Call::From(abi_call);
  std::string service;
  if (!ParseRequest(request, &service)) return call->Finish(BadRequest(), nullptr);
  Serving serving;
  bool shut_down;
  {
    base::MutexLock lock(self->mutex_);
    serving = self->Get(service);
    shut_down = self->shut_down_;
    if (!shut_down) {
      call->Retain();
      self->watchers_.push_back({call, service});
    }
  }
  Send(call, serving);
  if (shut_down) return call->Finish(base::Unavailable("the server shuts down"), nullptr);
  call->task_owner = self;
  call->OnCancel(
      [](void* context) {
        auto* gone = static_cast<call::Call*>(context);
        static_cast<Health*>(gone->task_owner)->Forget(gone);
      },
      call);
}

}  // namespace polycall::server
