// RAII over the handles of polycall.h that the command uses, errors as Failure.
#ifndef POLYCALL_CLI_CHANNEL_H_
#define POLYCALL_CLI_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "failure.h"
#include "options.h"
#include "polycall/polycall.h"

namespace polycall::cli {

struct HandleDeleter {
  void operator()(polycall_channel* channel) const { polycall_channel_free(channel); }
  void operator()(polycall_metadata* metadata) const { polycall_metadata_free(metadata); }
  void operator()(polycall_call* call) const { polycall_call_release(call); }
};
using MetadataPtr = std::unique_ptr<polycall_metadata, HandleDeleter>;
using CallPtr = std::unique_ptr<polycall_call, HandleDeleter>;

class Status {
 public:
  Status() = default;
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  ~Status() { polycall_status_clear(&status_); }

  polycall_status* get() { return &status_; }
  int32_t code() const { return status_.code; }
  std::string message() const { return status_.message == nullptr ? "" : status_.message; }
  std::string details() const;
  // Throws if not OK.
  void Check() const;

 private:
  polycall_status status_ = POLYCALL_STATUS_INIT;
};

// A channel on the options' target, with the metadata of the options on its calls.
class Channel {
 public:
  // Throws for a target that does not parse. Does not connect.
  explicit Channel(const Options& options);

  polycall_channel* get() const { return channel_.get(); }
  const polycall_metadata* metadata() const { return metadata_.get(); }

  // Makes the connection, in one attempt.
  void Connect(int64_t timeout_ns, polycall_status* status) const;

  // One unary call with bytes. Throws if it does not end OK.
  std::string Call(const char* service, const char* method, std::string_view request,
                   int64_t timeout_ns) const;

 private:
  std::unique_ptr<polycall_channel, HandleDeleter> channel_;
  MetadataPtr metadata_;
};

// How a method is named to the library; the strings must outlive the result.
polycall_method_descriptor MethodNamed(const char* name, polycall_kind kind);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_CHANNEL_H_
