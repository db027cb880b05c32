// Channels. A handle of Java's is a ChannelHandle.
#include <polycall/polycall.h>

#include <memory>
#include <string>
#include <vector>

#include "env.h"
#include "options.h"
#include "values.h"

using namespace polycall_java;

// Java gets the polycall_channel itself for calls, and this besides, to free it.
namespace {

struct ChannelHandle {
  ChannelHandle(JNIEnv* env, jobjectArray objects) : interceptors(env, objects) {}
  polycall_channel* channel = nullptr;
  Interceptors interceptors;
};

polycall_channel* Channel(jlong handle) { return Pointer<ChannelHandle>(handle)->channel; }

}  // namespace

POLYCALL_NATIVE(jlong, channelNew)
(JNIEnv* env, jclass, jbyteArray target, jlongArray limits, jlongArray numbers,
 jobjectArray interceptors, jobjectArray transports, jbyteArray user_agent, jobjectArray tls,
 jint tls_flags) {
  auto handle = std::make_unique<ChannelHandle>(env, interceptors);
  polycall_channel_options options = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.limits = LimitsFromJava(env, limits);
  const std::vector<jlong> at = LongsFromJava(env, numbers);
  options.connect_timeout_ns = at[0];
  options.initial_backoff_ns = at[1];
  options.max_backoff_ns = at[2];
  options.max_attempts = static_cast<uint32_t>(at[3]);
  options.balancing = static_cast<int32_t>(at[4]);
  options.rewire_interval_ns = at[5];
  options.hedging_delay_ns = at[6];
  options.interceptor_count = handle->interceptors.count();
  options.interceptors = handle->interceptors.table();
  const NameList names(env, transports);
  options.transports = names.get();
  options.thread_hook = ThreadHook();
  const std::string agent = TextFromJava(env, user_agent);
  if (user_agent != nullptr) options.user_agent = agent.c_str();
  const TlsOptions tls_options(env, tls, tls_flags);
  options.tls = tls_options.get();
  polycall_status status = POLYCALL_STATUS_INIT;
  handle->channel = polycall_channel_new(TextFromJava(env, target).c_str(), &options, &status);
  if (handle->channel == nullptr) {
    Throw(env, status);
    polycall_status_clear(&status);
    return 0;
  }
  return HandleOf(handle.release());
}

POLYCALL_NATIVE(jlong, channelPointer)(JNIEnv*, jclass, jlong handle) {
  return HandleOf(Channel(handle));
}

POLYCALL_NATIVE(void, channelFree)(JNIEnv*, jclass, jlong handle) {
  const std::unique_ptr<ChannelHandle> owned(Pointer<ChannelHandle>(handle));
  polycall_channel_free(owned->channel);
}

POLYCALL_NATIVE(jlong, channelMethod)
(JNIEnv* env, jclass, jlong handle, jbyteArray service, jbyteArray name, jint kind, jint flags,
 jlong timeout, jbyteArray request, jbyteArray response) {
  const std::string name_text = TextFromJava(env, name);
  const std::string request_text = TextFromJava(env, request);
  const std::string response_text = TextFromJava(env, response);
  const polycall_method_descriptor descriptor = {sizeof(polycall_method_descriptor),
                                                 name_text.c_str(),
                                                 kind,
                                                 static_cast<uint32_t>(flags),
                                                 timeout,
                                                 request_text.c_str(),
                                                 response_text.c_str()};
  return HandleOf(
      polycall_channel_method(Channel(handle), TextFromJava(env, service).c_str(), &descriptor));
}

POLYCALL_NATIVE(jint, channelState)(JNIEnv*, jclass, jlong handle) {
  return polycall_channel_get_state(Channel(handle));
}

POLYCALL_NATIVE(void, channelWaitReady)(JNIEnv* env, jclass, jlong handle, jlong timeout) {
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_channel_wait_ready(Channel(handle), timeout, &status) != POLYCALL_OK) {
    Throw(env, status);
  }
  polycall_status_clear(&status);
}

POLYCALL_NATIVE(jbyteArray, channelTransport)(JNIEnv* env, jclass, jlong handle) {
  return TextToJava(env, polycall_channel_transport(Channel(handle)));
}

POLYCALL_NATIVE(jbyteArray, channelExplain)(JNIEnv* env, jclass, jlong handle) {
  char* text = polycall_channel_explain(Channel(handle));
  jbyteArray bytes = TextToJava(env, text);
  polycall_string_free(text);
  return bytes;
}

POLYCALL_NATIVE(jlong, channelPing)(JNIEnv* env, jclass, jlong handle, jlong timeout) {
  int64_t round_trip = 0;
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_channel_ping(Channel(handle), timeout, &round_trip, &status) != POLYCALL_OK) {
    Throw(env, status);
  }
  polycall_status_clear(&status);
  return round_trip;
}
