// The options of one call, as Java hands them in.
#ifndef POLYCALL_JAVA_CALL_OPTIONS_H_
#define POLYCALL_JAVA_CALL_OPTIONS_H_

#include <jni.h>
#include <polycall/polycall.h>

#include "env.h"
#include "values.h"

namespace polycall_java {

class CallOptions {
 public:
  // False with a StatusException pending: the metadata is not valid.
  bool Read(JNIEnv* env, jlong timeout, jint flags, jlong parent, jobjectArray metadata) {
    any_ = timeout != 0 || flags != 0 || parent != 0 || metadata != nullptr;
    options_.timeout_ns = timeout;
    options_.flags = static_cast<uint32_t>(flags);
    options_.parent = Pointer<polycall_call>(parent);
    if (metadata == nullptr) return true;
    metadata_.reset(polycall_metadata_new());
    options_.metadata = metadata_.get();
    return AddMetadata(env, metadata, 0, metadata_.get());
  }

  void SetResponseType(jlong type) {
    options_.response_type = Pointer<const polycall_message_type>(type);
    any_ = any_ || type != 0;
  }

  const polycall_call_options* get() const { return any_ ? &options_ : nullptr; }

 private:
  polycall_call_options options_ = POLYCALL_CALL_OPTIONS_INIT;
  MetadataPtr metadata_;
  bool any_ = false;
};

}  // namespace polycall_java

#endif  // POLYCALL_JAVA_CALL_OPTIONS_H_
