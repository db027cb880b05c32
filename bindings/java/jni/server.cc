// Servers. A handle of Java's is a ServerHandle.
#include <polycall/host.h>
#include <polycall/polycall.h>

#include <memory>
#include <string>
#include <vector>

#include "env.h"
#include "handler.h"
#include "options.h"
#include "values.h"

using namespace polycall_java;

namespace {

struct ServerHandle {
  ServerHandle(JNIEnv* env, jobjectArray objects) : interceptors(env, objects) {}
  polycall_server* server = nullptr;
  bool borrowed = false;
  Interceptors interceptors;
};

polycall_server* Server(jlong handle) { return Pointer<ServerHandle>(handle)->server; }

}  // namespace

POLYCALL_NATIVE(jlong, serverNew)
(JNIEnv* env, jclass, jlongArray limits, jint max_threads, jint flags, jobjectArray interceptors,
 jbyteArray name, jobjectArray transports, jobjectArray tls, jint tls_flags) {
  auto handle = std::make_unique<ServerHandle>(env, interceptors);
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.limits = LimitsFromJava(env, limits);
  options.max_threads = static_cast<uint32_t>(max_threads);
  options.flags = static_cast<uint32_t>(flags);
  options.interceptor_count = handle->interceptors.count();
  options.interceptors = handle->interceptors.table();
  options.thread_hook = ThreadHook();
  const std::string text = TextFromJava(env, name);
  if (name != nullptr) options.name = text.c_str();
  const NameList names(env, transports);
  options.transports = names.get();
  const TlsOptions tls_options(env, tls, tls_flags);
  options.tls = tls_options.get();
  polycall_status status = POLYCALL_STATUS_INIT;
  handle->server = polycall_server_new(&options, &status);
  if (handle->server == nullptr) {
    Throw(env, status);
    polycall_status_clear(&status);
    return 0;
  }
  return HandleOf(handle.release());
}

// A server that somebody else owns: a host's.
POLYCALL_NATIVE(jlong, serverBorrow)(JNIEnv* env, jclass, jlong server) {
  auto handle = std::make_unique<ServerHandle>(env, nullptr);
  handle->server = Pointer<polycall_server>(server);
  handle->borrowed = true;
  return HandleOf(handle.release());
}

POLYCALL_NATIVE(void, serverAddService)
(JNIEnv* env, jclass, jlong handle, jbyteArray name, jobjectArray method_names,
 jobjectArray request_names, jobjectArray response_names, jlongArray kinds, jlongArray flags,
 jlongArray timeouts, jbyteArray files, jlong fingerprint, jobjectArray objects, jlongArray types,
 jlongArray asynchronous) {
  const std::string service_name = TextFromJava(env, name);
  const std::vector<std::string> names = TextsFromJava(env, method_names);
  const std::vector<std::string> requests = TextsFromJava(env, request_names);
  const std::vector<std::string> responses = TextsFromJava(env, response_names);
  const std::vector<jlong> kind = LongsFromJava(env, kinds);
  const std::vector<jlong> flag = LongsFromJava(env, flags);
  const std::vector<jlong> timeout = LongsFromJava(env, timeouts);
  const std::string file_set = TextFromJava(env, files);
  std::vector<polycall_method_descriptor> methods;
  for (size_t i = 0; i < names.size(); ++i) {
    methods.push_back({sizeof(polycall_method_descriptor), names[i].c_str(),
                       static_cast<int32_t>(kind[i]), static_cast<uint32_t>(flag[i]), timeout[i],
                       requests[i].c_str(), responses[i].c_str()});
  }
  const polycall_service_descriptor service = {sizeof(polycall_service_descriptor),
                                               service_name.c_str(),
                                               methods.data(),
                                               methods.size(),
                                               sizeof(polycall_method_descriptor),
                                               files == nullptr ? nullptr : file_set.data(),
                                               file_set.size(),
                                               static_cast<uint64_t>(fingerprint)};
  auto handlers = std::make_unique<Handlers>(env, objects, LongsFromJava(env, types),
                                             LongsFromJava(env, asynchronous));
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_code code = polycall_server_add_service(
      Server(handle), &service, handlers->table(), sizeof(polycall_handler), handlers.get(),
      [](void* arg) { delete static_cast<Handlers*>(arg); }, &status);
  if (code == POLYCALL_OK) {
    (void)handlers.release();  // the server's now
  } else {
    Throw(env, status);
    polycall_status_clear(&status);
  }
}

POLYCALL_NATIVE(void, serverLoad)
(JNIEnv* env, jclass, jlong handle, jbyteArray language, jbyteArray module,
 jobjectArray arguments) {
  const std::string language_text = TextFromJava(env, language);
  const std::string module_text = TextFromJava(env, module);
  const std::vector<std::string> texts = TextsFromJava(env, arguments);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  pointers.push_back(nullptr);
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = language_text.c_str();
  options.module = module_text.c_str();
  options.arguments = pointers.data();
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_host_load(Server(handle), &options, &status) != POLYCALL_OK) {
    Throw(env, status);
    polycall_status_clear(&status);
  }
}

POLYCALL_NATIVE(void, serverAllow)
(JNIEnv* env, jclass, jlong handle, jbyteArray service, jobjectArray identities) {
  const std::vector<std::string> texts = TextsFromJava(env, identities);
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_server_allow(Server(handle), TextFromJava(env, service).c_str(), pointers.data(),
                            pointers.size(), &status) != POLYCALL_OK) {
    Throw(env, status);
    polycall_status_clear(&status);
  }
}

POLYCALL_NATIVE(jbyteArray, serverListen)(JNIEnv* env, jclass, jlong handle, jbyteArray target) {
  char address[512];
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_server_listen(Server(handle), TextFromJava(env, target).c_str(), address,
                             sizeof(address), &status) != POLYCALL_OK) {
    Throw(env, status);
    polycall_status_clear(&status);
    return nullptr;
  }
  return TextToJava(env, address);
}

POLYCALL_NATIVE(void, serverStart)(JNIEnv* env, jclass, jlong handle) {
  polycall_status status = POLYCALL_STATUS_INIT;
  if (polycall_server_start(Server(handle), &status) != POLYCALL_OK) Throw(env, status);
  polycall_status_clear(&status);
}

POLYCALL_NATIVE(void, serverShutdown)(JNIEnv*, jclass, jlong handle, jlong grace) {
  polycall_server_shutdown(Server(handle), grace);
}

POLYCALL_NATIVE(jint, serverWait)(JNIEnv*, jclass, jlong handle, jlong timeout) {
  return polycall_server_wait(Server(handle), timeout);
}

POLYCALL_NATIVE(jint, serverRunWorker)(JNIEnv*, jclass, jlong handle, jlong timeout) {
  return polycall_server_run_worker(Server(handle), timeout);
}

POLYCALL_NATIVE(void, serverFree)(JNIEnv*, jclass, jlong handle) {
  const std::unique_ptr<ServerHandle> owned(Pointer<ServerHandle>(handle));
  if (!owned->borrowed) polycall_server_free(owned->server);
}

POLYCALL_NATIVE(void, serverSetServing)
(JNIEnv* env, jclass, jlong handle, jbyteArray service, jboolean serving) {
  polycall_server_set_serving(Server(handle), TextFromJava(env, service).c_str(),
                              serving != JNI_FALSE ? 1 : 0);
}

POLYCALL_NATIVE(jlongArray, serverStats)(JNIEnv* env, jclass, jlong handle) {
  polycall_server_stats stats = POLYCALL_SERVER_STATS_INIT;
  polycall_server_get_stats(Server(handle), &stats);
  const jlong numbers[] = {
      static_cast<jlong>(stats.connections_open), static_cast<jlong>(stats.connections_accepted),
      static_cast<jlong>(stats.calls_started),    static_cast<jlong>(stats.calls_in_flight),
      static_cast<jlong>(stats.calls_failed),     static_cast<jlong>(stats.protocol_errors),
      static_cast<jlong>(stats.threads)};
  constexpr jsize kCount = sizeof(numbers) / sizeof(numbers[0]);
  jlongArray array = env->NewLongArray(kCount);
  if (array != nullptr) env->SetLongArrayRegion(array, 0, kCount, numbers);
  return array;
}
