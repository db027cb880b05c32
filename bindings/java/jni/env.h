// The Java virtual machine, seen from native threads.
#ifndef POLYCALL_JAVA_ENV_H_
#define POLYCALL_JAVA_ENV_H_

#include <jni.h>
#include <polycall/polycall.h>

// One native function of io.polycall.Native.
#define POLYCALL_NATIVE(type, name) extern "C" JNIEXPORT type JNICALL Java_io_polycall_Native_##name

namespace polycall_java {

// What upcalls need of Java, looked up once when the library is loaded. Never freed: the library is
// not unloaded.
struct JavaRefs {
  jclass object;
  jclass byte_array;
  jclass upcalls;  // io.polycall.Upcalls, whose static methods follow
  jmethodID handle, unary_done, send_done, received, ended, cancelled, new_slot;
  jmethodID status_exception, to_status;
  jmethodID new_intercepted, intercept_started, intercept_message, intercept_finished;
  jmethodID log, encoded_size, encode;
};
extern JavaRefs g_java;

// This thread's environment. A thread that Java does not know is attached as a daemon, until it
// ends. Null when the virtual machine is gone.
JNIEnv* Env();

// Attaches each of the runtime's threads once, before its first upcall.
const polycall_thread_hook* ThreadHook();

// Marks that the thread runs an upcall, from where channels and servers must not be freed.
class UpcallScope {
 public:
  UpcallScope() { ++depth_; }
  UpcallScope(const UpcallScope&) = delete;
  UpcallScope& operator=(const UpcallScope&) = delete;
  ~UpcallScope() { --depth_; }
  static bool Inside() { return depth_ > 0; }

 private:
  static thread_local int depth_;
};

// A local reference that ends with its scope: an upcall's thread may not return to Java for hours.
template <typename T = jobject>
class Local {
 public:
  Local(JNIEnv* env, T object) : env_(env), object_(object) {}
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  ~Local() {
    if (object_ != nullptr) env_->DeleteLocalRef(object_);
  }
  T get() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  JNIEnv* env_;
  T object_;
};

// Clears the pending exception, if any; true if there was one.
inline bool ClearException(JNIEnv* env) {
  if (env->ExceptionCheck() == JNI_FALSE) return false;
  env->ExceptionClear();
  return true;
}

template <typename T>
T* Pointer(jlong handle) {
  return reinterpret_cast<T*>(handle);
}

inline jlong HandleOf(const void* pointer) { return reinterpret_cast<jlong>(pointer); }

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_ENV_H_
