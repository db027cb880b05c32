// What channels and servers are told alike.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_CHANNEL_ARGS_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_CHANNEL_ARGS_H_

#include <grpc/grpc.h>

#include <algorithm>
#include <climits>
#include <deque>
#include <string>
#include <vector>

#include "transport/grpc/grpc_module.h"

namespace polycall::transport {

class ChannelArgs {
 public:
  explicit ChannelArgs(const GrpcLimits& limits) {
    Set(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, limits.max_message_size);
    Set(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, INT_MAX);  // ours are checked before
    // HTTP/2 counts 32 bytes for each header, and those that gRPC adds: the exact bound is ours.
    Set(GRPC_ARG_MAX_METADATA_SIZE, uint64_t{limits.max_metadata_size} * 2 + 16 * 1024);
    // Inflated by us, within our bounds.
    Set(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    // What a peer may send ahead, instead of gRPC's guesses that grow.
    Set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    Set(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, std::max<uint64_t>(limits.call_window, 65535));
    Set(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, 256 * 1024);
    if (limits.keepalive_interval_ns > 0) {
      Set(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(limits.keepalive_interval_ns));
      Set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(limits.keepalive_timeout_ns));
    }
  }
  ChannelArgs(const ChannelArgs&) = delete;
  ChannelArgs& operator=(const ChannelArgs&) = delete;

  void Set(const char* key, uint64_t value) {
    grpc_arg arg = {};
    arg.type = GRPC_ARG_INTEGER;
    arg.key = const_cast<char*>(key);
    arg.value.integer = static_cast<int>(std::min<uint64_t>(value, INT_MAX));
    args_.push_back(arg);
  }
  void Set(const char* key, const std::string& value) {
    grpc_arg arg = {};
    arg.type = GRPC_ARG_STRING;
    arg.key = const_cast<char*>(key);
    arg.value.string = texts_.emplace_back(value).data();
    args_.push_back(arg);
  }
  static uint64_t Milliseconds(int64_t ns) {
    return static_cast<uint64_t>(std::max<int64_t>(ns / 1'000'000, 1));
  }
  const grpc_channel_args* get() {
    all_ = {args_.size(), args_.data()};
    return &all_;
  }

 private:
  std::vector<grpc_arg> args_;
  std::deque<std::string> texts_;
  grpc_channel_args all_ = {};
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_CHANNEL_ARGS_H_
