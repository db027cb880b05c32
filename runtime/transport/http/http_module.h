// What the core and the module libpolycall_http.so are to each other. The core reads and writes the bytes of a
// connection and makes the calls; the module knows HTTP, JSON and the pages. Pure virtual classes and plain
// values: neither needs a symbol of the other.
#ifndef POLYCALL_TRANSPORT_HTTP_HTTP_MODULE_H_
#define POLYCALL_TRANSPORT_HTTP_HTTP_MODULE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/method.h"
#include "transport/server_report.h"

namespace polycall::transport::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The server as the module sees it. Thread-safe; outlives whatever the module keeps for it.
class Site {
 public:
  virtual ~Site() = default;
  virtual void Report(ServerReport* report) = 0;
  virtual const call::MethodSpec* FindMethod(std::string_view path) = 0;
  virtual std::string_view FileDescriptorSet(std::string_view service) = 0;
  virtual uint64_t max_message_size() const = 0;
  virtual uint32_t max_metadata_size() const = 0;
  // The limits by name, as /capabilities shows them.
  virtual std::vector<std::pair<std::string, uint64_t>> limits() const = 0;
};

// A call that a request asks for.
struct CallStart {
  const call::MethodSpec* method = nullptr;
  std::string request;     // protobuf
  Headers metadata;        // values of -bin keys are bytes
  int64_t timeout_ns = 0;  // 0: none
};

// How it ended.
struct CallEnd {
  int32_t code = 0;
  std::string_view message;
  std::string_view details;   // a google.rpc.Status, or empty
  std::string_view response;  // protobuf
  const Headers* initial = nullptr;
  const Headers* trailing = nullptr;
};

enum class Step {
  kMore,   // needs more bytes
  kReply,  // `out` has something to send: go on with the bytes that are left
  kCall,   // `start` has a call to make: go on when it has ended and OnEnd has said what to send
};

// One connection's talk. One thread at a time.
class Session {
 public:
  virtual ~Session() = default;
  // Takes from `bytes` what it needs for one step.
  virtual Step Take(std::string_view bytes, size_t* taken, std::string* out, CallStart* start) = 0;
  virtual void OnEnd(const CallEnd& end, std::string* out) = 0;
  // After what is in `out` the connection ends.
  virtual bool closing() const = 0;
  // The server drains: this answer says that it is the last.
  virtual void Drain() = 0;
  // Part of a request is there, the rest is awaited.
  virtual bool in_request() const = 0;
  // Bytes of its body so far: a peer that is slow to send must show that it goes on.
  virtual uint64_t body_received() const = 0;
};

// What the module keeps for one server: descriptors, pages.
class Face {
 public:
  virtual ~Face() = default;
  virtual std::unique_ptr<Session> NewSession() = 0;
};

class Module {
 public:
  virtual std::unique_ptr<Face> NewFace(std::unique_ptr<Site> site) = 0;

 protected:
  ~Module() = default;
};

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_HTTP_MODULE_H_
