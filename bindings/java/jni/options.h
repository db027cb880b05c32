// Limits and interceptors of channels and servers, as Java hands them in.
#ifndef POLYCALL_JAVA_OPTIONS_H_
#define POLYCALL_JAVA_OPTIONS_H_

#include <jni.h>
#include <polycall/polycall.h>

#include <memory>
#include <vector>

namespace polycall_java {

// The order of the numbers is that of io.polycall.Limits.toNative.
polycall_limits LimitsFromJava(JNIEnv* env, jlongArray numbers);

// The Java interceptors of one channel or server, which they must outlive.
class Interceptors {
 public:
  Interceptors(JNIEnv* env, jobjectArray objects);  // null: none
  Interceptors(const Interceptors&) = delete;
  Interceptors& operator=(const Interceptors&) = delete;
  ~Interceptors();
  const polycall_interceptor* table() const { return table_.data(); }
  uint32_t count() const { return static_cast<uint32_t>(table_.size()); }

 private:
  std::vector<polycall_interceptor> table_;  // `arg` is a global reference
};

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_OPTIONS_H_
