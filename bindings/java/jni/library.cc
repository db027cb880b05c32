// What belongs to the process: version, log, and where a thread is.
#include <polycall/host.h>
#include <polycall/polycall.h>

#include "env.h"
#include "values.h"

using namespace polycall_java;

namespace {

void Log(void*, polycall_log_level level, const char* text) {
  JNIEnv* env = Env();
  if (env == nullptr) return;
  // A line may be written while an exception is on its way to Java.
  const Local pending(env, env->ExceptionOccurred());
  env->ExceptionClear();
  const Local bytes(env, TextToJava(env, text));
  if (bytes) {
    env->CallStaticVoidMethod(g_java.upcalls, g_java.log, static_cast<jint>(level), bytes.get());
  }
  ClearException(env);
  if (pending) env->Throw(pending.get());
}

}  // namespace

POLYCALL_NATIVE(jbyteArray, version)(JNIEnv* env, jclass) {
  return TextToJava(env, polycall_version());
}

// The ABI's number if the library that was found is new enough for this one, else 0.
POLYCALL_NATIVE(jint, abiVersion)(JNIEnv*, jclass) {
  const uint32_t loaded = polycall_abi_version();
  return loaded >= POLYCALL_ABI_VERSION ? static_cast<jint>(loaded) : 0;
}

POLYCALL_NATIVE(void, logSet)(JNIEnv*, jclass, jint level, jboolean to_java) {
  polycall_log_set(static_cast<polycall_log_level>(level), to_java != JNI_FALSE ? Log : nullptr,
                   nullptr);
}

POLYCALL_NATIVE(jboolean, insideUpcall)(JNIEnv*, jclass) {
  return UpcallScope::Inside() ? JNI_TRUE : JNI_FALSE;
}

// What there is of hosts, as JSON.
POLYCALL_NATIVE(jbyteArray, hosts)(JNIEnv* env, jclass) {
  char* text = polycall_host_list();
  jbyteArray bytes = TextToJava(env, text);
  polycall_string_free(text);
  return bytes;
}
