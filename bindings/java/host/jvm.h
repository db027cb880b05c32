// The Java virtual machine of this process: the one that runs, or one that is made.
#ifndef POLYCALL_JAVA_HOST_JVM_H_
#define POLYCALL_JAVA_HOST_JVM_H_

#include <jni.h>

#include <string>
#include <vector>

namespace polycall_java_host {

// The machine that runs in this process; null if there is none.
JavaVM* FindRunning();

// Makes one with the options. The library is looked for in JAVA_HOME, in the JDK that PolyCall was
// built with, in /usr/lib/jvm/default-java, and where `java` on the PATH leads. Null with an error
// that says what to do.
JavaVM* Create(const std::vector<std::string>& options, std::string* error);

// This thread's environment for the length of a scope; a thread that Java does not know is attached,
// and detached again. Null inside when the machine refuses.
class AttachedEnv {
 public:
  explicit AttachedEnv(JavaVM* vm);
  AttachedEnv(const AttachedEnv&) = delete;
  AttachedEnv& operator=(const AttachedEnv&) = delete;
  ~AttachedEnv();
  JNIEnv* get() const { return env_; }
  JNIEnv* operator->() const { return env_; }

 private:
  JavaVM* vm_;
  JNIEnv* env_ = nullptr;
  bool attached_ = false;
};

}  // namespace polycall_java_host

#endif  // POLYCALL_JAVA_HOST_JVM_H_
