// Java handlers of one service.
#ifndef POLYCALL_JAVA_HANDLER_H_
#define POLYCALL_JAVA_HANDLER_H_

#include <jni.h>
#include <polycall/polycall.h>

#include <vector>

namespace polycall_java {

// Holds the io.polycall.MethodHandlers that a server calls, and ends with the server.
class Handlers {
 public:
  // `types[i]` is the message type that handler i takes as an object, 0: bytes only.
  Handlers(JNIEnv* env, jobjectArray objects, const std::vector<jlong>& types,
           const std::vector<jlong>& asynchronous);
  Handlers(const Handlers&) = delete;
  Handlers& operator=(const Handlers&) = delete;
  ~Handlers();
  const polycall_handler* table() const { return table_.data(); }

 private:
  std::vector<polycall_handler> table_;  // `arg` is a global reference
};

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_HANDLER_H_
