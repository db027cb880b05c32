// Channels. Everything here is guarded by the GIL: no lock of the binding's own is ever held across
// a fork().
#ifndef POLYCALL_BINDINGS_PYTHON_SRC_CHANNEL_H_
#define POLYCALL_BINDINGS_PYTHON_SRC_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "interceptor.h"
#include "polycall/polycall.h"
#include "refs.h"

namespace polycall_python {

// A call of this process that close() is to cancel: a link in its channel's list.
struct LiveCall {
  LiveCall* previous = nullptr;
  LiveCall* next = nullptr;
  polycall_call* call = nullptr;
};

// The channel itself, shared by the Channel object, its methods and its calls. The polycall_channel
// is freed when close() was called (or nobody refers to the channel any more) and nothing uses it.
class ChannelHandle {
 public:
  ChannelHandle(std::string target, std::vector<std::unique_ptr<Interceptor>> interceptors);
  ~ChannelHandle();
  ChannelHandle(const ChannelHandle&) = delete;
  ChannelHandle& operator=(const ChannelHandle&) = delete;

  // Takes the channel that was made with this handle's interceptors.
  void Adopt(polycall_channel* channel) { channel_ = channel; }

  // Begins and ends a use of get(). False with a Python error when the channel is closed.
  bool Begin();
  void End();
  polycall_channel* get() const { return channel_; }
  bool closed() const { return closed_; }

  // No use begins after this; asynchronous and streaming calls are cancelled.
  void Close();

  void Add(LiveCall* call);
  void Remove(LiveCall* call);

  // Whether messages are worth passing as objects: only ends in this process can take them.
  bool in_process() const { return in_process_; }
  const std::vector<std::unique_ptr<Interceptor>>& interceptors() const { return interceptors_; }

 private:
  void Free();

  std::string target_;
  bool in_process_;
  std::vector<std::unique_ptr<Interceptor>> interceptors_;
  polycall_channel* channel_ = nullptr;
  LiveCall live_;  // the list's head
  int uses_ = 0;
  bool closed_ = false;
};

using ChannelRef = std::shared_ptr<ChannelHandle>;

// One use, for a scope.
class ChannelUse {
 public:
  explicit ChannelUse(ChannelHandle* channel) : channel_(channel->Begin() ? channel : nullptr) {}
  ~ChannelUse() {
    if (channel_ != nullptr) channel_->End();
  }
  ChannelUse(const ChannelUse&) = delete;
  ChannelUse& operator=(const ChannelUse&) = delete;
  explicit operator bool() const { return channel_ != nullptr; }

 private:
  ChannelHandle* channel_;
};

// Closes every channel that is open, as the interpreter ends.
void CloseAllChannels();

}  // namespace polycall_python

#endif  // POLYCALL_BINDINGS_PYTHON_SRC_CHANNEL_H_
