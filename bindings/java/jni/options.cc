#include "options.h"

#include "env.h"
#include "values.h"

namespace polycall_java {
namespace {

// `*state` is a global reference to the io.polycall.InterceptedCall, from started to finished.

polycall_code Started(void* arg, polycall_call* call, polycall_metadata* metadata, void** state,
                      polycall_status* status) {
  JNIEnv* env = Env();
  if (env == nullptr) return POLYCALL_OK;
  const UpcallScope scope;
  const Local view(
      env, env->CallStaticObjectMethod(g_java.upcalls, g_java.new_intercepted, HandleOf(call)));
  const bool made = env->ExceptionCheck() == JNI_FALSE;
  const Local entries(env, made ? MetadataToJava(env, metadata) : nullptr);
  if (env->ExceptionCheck() == JNI_FALSE) {
    *state = env->NewGlobalRef(view.get());
    const Local added(env, static_cast<jobjectArray>(env->CallStaticObjectMethod(
                               g_java.upcalls, g_java.intercept_started, static_cast<jobject>(arg),
                               view.get(), entries.get())));
    if (added && env->ExceptionCheck() == JNI_FALSE) AddMetadata(env, added.get(), 0, metadata);
  }
  if (env->ExceptionCheck() == JNI_FALSE) return POLYCALL_OK;
  TakeException(env, status);
  return static_cast<polycall_code>(status->code);
}

void Message(void* arg, polycall_call*, const polycall_message* message, int sent, void** state) {
  JNIEnv* env = Env();
  if (env == nullptr || *state == nullptr) return;
  const UpcallScope scope;
  polycall_message bytes = POLYCALL_MESSAGE_INIT;
  if (polycall_message_to_bytes(message, &bytes, nullptr) != POLYCALL_OK) return;
  const Local content(env, BytesToJava(env, bytes.data, bytes.size));
  polycall_message_release(&bytes);
  if (content) {
    env->CallStaticVoidMethod(g_java.upcalls, g_java.intercept_message, static_cast<jobject>(arg),
                              static_cast<jobject>(*state), content.get(),
                              sent != 0 ? JNI_TRUE : JNI_FALSE);
  }
  ClearException(env);
}

void Finished(void* arg, polycall_call*, polycall_status* status, void** state) {
  JNIEnv* env = Env();
  if (env == nullptr || *state == nullptr) return;
  const UpcallScope scope;
  const Local message(env, TextToJava(env, status->message));
  const Local details(env, status->details == nullptr
                               ? nullptr
                               : BytesToJava(env, status->details, status->details_size));
  const Local code_array(env, env->NewIntArray(1));
  if (code_array) {
    const Local changed(
        env, static_cast<jobjectArray>(env->CallStaticObjectMethod(
                 g_java.upcalls, g_java.intercept_finished, static_cast<jobject>(arg),
                 static_cast<jobject>(*state), jint{status->code}, message.get(), details.get(),
                 code_array.get())));
    if (changed && env->ExceptionCheck() == JNI_FALSE) {
      jint code = 0;
      env->GetIntArrayRegion(code_array.get(), 0, 1, &code);
      const Local text(env, static_cast<jbyteArray>(env->GetObjectArrayElement(changed.get(), 0)));
      const Local more(env, static_cast<jbyteArray>(env->GetObjectArrayElement(changed.get(), 1)));
      polycall_status_clear(status);
      StatusFromJava(env, code, text.get(), more.get(), status);
    }
  }
  ClearException(env);
  env->DeleteGlobalRef(static_cast<jobject>(*state));
  *state = nullptr;
}

}  // namespace

polycall_limits LimitsFromJava(JNIEnv* env, jlongArray numbers) {
  const std::vector<jlong> at = LongsFromJava(env, numbers);
  polycall_limits limits = POLYCALL_LIMITS_INIT;
  limits.max_message_size = static_cast<uint64_t>(at[0]);
  limits.max_metadata_size = static_cast<uint32_t>(at[1]);
  limits.max_calls_per_connection = static_cast<uint32_t>(at[2]);
  limits.max_connections = static_cast<uint32_t>(at[3]);
  limits.call_window = static_cast<uint32_t>(at[4]);
  limits.connection_window = static_cast<uint32_t>(at[5]);
  limits.max_pending_calls = static_cast<uint32_t>(at[6]);
  limits.handshake_timeout_ns = at[7];
  limits.idle_timeout_ns = at[8];
  limits.keepalive_interval_ns = at[9];
  limits.keepalive_timeout_ns = at[10];
  return limits;
}

NameList::NameList(JNIEnv* env, jobjectArray names)
    : names_(TextsFromJava(env, names)), given_(names != nullptr) {
  for (const std::string& name : names_) pointers_.push_back(name.c_str());
  pointers_.push_back(nullptr);
}

TlsOptions::TlsOptions(JNIEnv* env, jobjectArray texts, jint flags)
    : texts_(TextsFromJava(env, texts)), given_(texts != nullptr) {
  if (!given_) return;
  const auto text = [&](size_t i) { return texts_[i].empty() ? nullptr : texts_[i].c_str(); };
  options_.ca_file = text(0);
  options_.certificate_file = text(1);
  options_.key_file = text(2);
  options_.server_name = text(3);
  options_.flags = static_cast<uint32_t>(flags);
}

Interceptors::Interceptors(JNIEnv* env, jobjectArray objects) {
  if (objects == nullptr) return;
  for (jsize i = 0; i < env->GetArrayLength(objects); ++i) {
    const Local object(env, env->GetObjectArrayElement(objects, i));
    polycall_interceptor entry = POLYCALL_INTERCEPTOR_INIT;
    entry.arg = env->NewGlobalRef(object.get());
    entry.started = Started;
    entry.message = Message;
    entry.finished = Finished;
    table_.push_back(entry);
  }
}

Interceptors::~Interceptors() {
  JNIEnv* env = Env();
  for (const polycall_interceptor& entry : table_) {
    if (env != nullptr) env->DeleteGlobalRef(static_cast<jobject>(entry.arg));
  }
}

}  // namespace polycall_java
