// Limits and interceptors of channels and servers, as Java hands them in.
#ifndef POLYCALL_JAVA_OPTIONS_H_
#define POLYCALL_JAVA_OPTIONS_H_

#include <jni.h>
#include <polycall/polycall.h>

#include <memory>
#include <string>
#include <vector>

namespace polycall_java {

// The order of the numbers is that of io.polycall.Limits.toNative.
polycall_limits LimitsFromJava(JNIEnv* env, jlongArray numbers);

// Names of transports; null: all.
class NameList {
 public:
  NameList(JNIEnv* env, jobjectArray names);
  NameList(const NameList&) = delete;
  NameList& operator=(const NameList&) = delete;
  const char* const* get() const { return given_ ? pointers_.data() : nullptr; }

 private:
  const std::vector<std::string> names_;
  std::vector<const char*> pointers_;
  const bool given_;
};

// What io.polycall.TlsOptions.texts gives: four texts that may be null; null: no options.
class TlsOptions {
 public:
  TlsOptions(JNIEnv* env, jobjectArray texts, jint flags);
  TlsOptions(const TlsOptions&) = delete;
  TlsOptions& operator=(const TlsOptions&) = delete;
  const polycall_tls_options* get() const { return given_ ? &options_ : nullptr; }

 private:
  const std::vector<std::string> texts_;
  polycall_tls_options options_ = POLYCALL_TLS_OPTIONS_INIT;
  const bool given_;
};

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
