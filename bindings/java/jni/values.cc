#include "values.h"

#include <cstring>

#include "env.h"

namespace polycall_java {

std::string TextFromJava(JNIEnv* env, jbyteArray bytes) {
  if (bytes == nullptr) return {};
  std::string text(static_cast<size_t>(env->GetArrayLength(bytes)), '\0');
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(text.size()),
                          reinterpret_cast<jbyte*>(text.data()));
  return text;
}

std::vector<std::string> TextsFromJava(JNIEnv* env, jobjectArray texts) {
  std::vector<std::string> result;
  if (texts == nullptr) return result;
  for (jsize i = 0; i < env->GetArrayLength(texts); ++i) {
    const Local text(env, static_cast<jbyteArray>(env->GetObjectArrayElement(texts, i)));
    result.push_back(TextFromJava(env, text.get()));
  }
  return result;
}

std::vector<jlong> LongsFromJava(JNIEnv* env, jlongArray longs) {
  std::vector<jlong> result(static_cast<size_t>(env->GetArrayLength(longs)));
  env->GetLongArrayRegion(longs, 0, static_cast<jsize>(result.size()), result.data());
  return result;
}

jbyteArray BytesToJava(JNIEnv* env, const void* data, size_t size) {
  jbyteArray bytes = env->NewByteArray(static_cast<jsize>(size));
  if (bytes != nullptr && size > 0) {
    env->SetByteArrayRegion(bytes, 0, static_cast<jsize>(size), static_cast<const jbyte*>(data));
  }
  return bytes;
}

jbyteArray TextToJava(JNIEnv* env, const char* text) {
  return text == nullptr ? nullptr : BytesToJava(env, text, strlen(text));
}

void Throw(JNIEnv* env, const polycall_status& status) {
  const Local message(env, TextToJava(env, status.message));
  const Local details(env, status.details == nullptr
                               ? nullptr
                               : BytesToJava(env, status.details, status.details_size));
  if (env->ExceptionCheck() != JNI_FALSE) return;
  const Local exception(env, static_cast<jthrowable>(env->CallStaticObjectMethod(
                                 g_java.upcalls, g_java.status_exception, jint{status.code},
                                 message.get(), details.get())));
  if (env->ExceptionCheck() == JNI_FALSE && exception) env->Throw(exception.get());
}

void Throw(JNIEnv* env, polycall_code code, const char* message) {
  polycall_status status = POLYCALL_STATUS_INIT;
  status.code = code;
  status.message = const_cast<char*>(message);  // not cleared: borrowed
  Throw(env, status);
}

void StatusFromJava(JNIEnv* env, jint code, jbyteArray message, jbyteArray details,
                    polycall_status* status) {
  const std::string text = TextFromJava(env, message);
  const std::string bytes = TextFromJava(env, details);
  polycall_status_set(status, static_cast<polycall_code>(code), text.c_str(), bytes.data(),
                      bytes.size());
}

void TakeException(JNIEnv* env, polycall_status* status) {
  const Local exception(env, env->ExceptionOccurred());
  env->ExceptionClear();
  const Local code_array(env, env->NewIntArray(1));
  if (code_array) {
    const Local parts(env,
                      static_cast<jobjectArray>(env->CallStaticObjectMethod(
                          g_java.upcalls, g_java.to_status, exception.get(), code_array.get())));
    if (env->ExceptionCheck() == JNI_FALSE && parts) {
      jint code = POLYCALL_UNKNOWN;
      env->GetIntArrayRegion(code_array.get(), 0, 1, &code);
      const Local message(env, static_cast<jbyteArray>(env->GetObjectArrayElement(parts.get(), 0)));
      const Local details(env, static_cast<jbyteArray>(env->GetObjectArrayElement(parts.get(), 1)));
      StatusFromJava(env, code, message.get(), details.get(), status);
      return;
    }
  }
  ClearException(env);
  polycall_status_set(status, POLYCALL_RESOURCE_EXHAUSTED,
                      "the Java virtual machine has no memory left to say what went wrong", nullptr,
                      0);
}

bool AddMetadata(JNIEnv* env, jobjectArray entries, jsize from, polycall_metadata* metadata) {
  if (entries == nullptr) return true;
  const jsize count = env->GetArrayLength(entries);
  for (jsize i = from; i + 1 < count; i += 2) {
    const Local key(env, static_cast<jbyteArray>(env->GetObjectArrayElement(entries, i)));
    const Local value(env, static_cast<jbyteArray>(env->GetObjectArrayElement(entries, i + 1)));
    const std::string name = TextFromJava(env, key.get());
    const std::string bytes = TextFromJava(env, value.get());
    polycall_status status = POLYCALL_STATUS_INIT;
    if (polycall_metadata_add(metadata, name.c_str(), bytes.data(), bytes.size(), &status) !=
        POLYCALL_OK) {
      Throw(env, status);
      polycall_status_clear(&status);
      return false;
    }
  }
  return true;
}

jobjectArray MetadataToJava(JNIEnv* env, const polycall_metadata* metadata) {
  const size_t count = polycall_metadata_count(metadata);
  if (count == 0) return nullptr;
  jobjectArray entries =
      env->NewObjectArray(static_cast<jsize>(2 * count), g_java.byte_array, nullptr);
  for (size_t i = 0; entries != nullptr && i < count; ++i) {
    const char* key = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    polycall_metadata_get(metadata, i, &key, &value, &size);
    const Local key_bytes(env, TextToJava(env, key));
    const Local value_bytes(env, key_bytes ? BytesToJava(env, value, size) : nullptr);
    if (!value_bytes) return nullptr;
    env->SetObjectArrayElement(entries, static_cast<jsize>(2 * i), key_bytes.get());
    env->SetObjectArrayElement(entries, static_cast<jsize>(2 * i + 1), value_bytes.get());
  }
  return entries;
}

}  // namespace polycall_java
