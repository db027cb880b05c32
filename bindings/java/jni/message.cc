#include "message.h"

#include <cstring>
#include <utility>

#include "env.h"
#include "values.h"

namespace polycall_java {
namespace {

thread_local bool t_encoded = false;

size_t EncodedSize(const void* object) {
  JNIEnv* env = Env();
  if (env == nullptr) return SIZE_MAX;
  const UpcallScope scope;
  const jint size = env->CallStaticIntMethod(g_java.upcalls, g_java.encoded_size,
                                             static_cast<jobject>(const_cast<void*>(object)));
  return ClearException(env) || size < 0 ? SIZE_MAX : static_cast<size_t>(size);
}

int Encode(const void* object, void* out, size_t size) {
  JNIEnv* env = Env();
  if (env == nullptr) return 1;
  t_encoded = true;
  const UpcallScope scope;
  const Local buffer(env, env->NewDirectByteBuffer(out, static_cast<jlong>(size)));
  if (!buffer) {
    ClearException(env);
    return 1;
  }
  const jboolean done = env->CallStaticBooleanMethod(
      g_java.upcalls, g_java.encode, static_cast<jobject>(const_cast<void*>(object)), buffer.get());
  return ClearException(env) || done == JNI_FALSE ? 1 : 0;
}

void* Retain(const void* object) {
  JNIEnv* env = Env();
  if (env == nullptr) return nullptr;
  return env->NewGlobalRef(static_cast<jobject>(const_cast<void*>(object)));
}

void Release(void* object) {
  JNIEnv* env = Env();
  if (env != nullptr) env->DeleteGlobalRef(static_cast<jobject>(object));
}

bool IsJavaObject(const polycall_message& message) {
  return message.type != nullptr && message.type->encode == Encode;
}

}  // namespace

jint Deliver(polycall_message* message, Out* out, jint capacity) {
  if (message->type == nullptr && message->size <= static_cast<size_t>(capacity)) {
    const size_t size = message->size;
    if (size > 0) memcpy(out->data(), message->data, size);
    polycall_message_release(message);
    out->size = static_cast<int64_t>(size);
    return static_cast<jint>(size);
  }
  auto* held = new polycall_message(*message);
  *message = POLYCALL_MESSAGE_INIT;
  out->message = HandleOf(held);
  out->size = kHeld;
  return kHeld;
}

jint DeliverToUpcall(JNIEnv* env, const polycall_message& message, char* data, jint capacity,
                     jobject* large) {
  if (IsJavaObject(message)) {
    *large = env->NewLocalRef(static_cast<jobject>(message.object));
    return kObject;
  }
  if (message.size <= static_cast<size_t>(capacity)) {
    if (message.size > 0) memcpy(data, message.data, message.size);
    return static_cast<jint>(message.size);
  }
  *large =
      env->NewDirectByteBuffer(const_cast<void*>(message.data), static_cast<jlong>(message.size));
  return kHeld;
}

void DeliverStatus(polycall_status* status, Out* out) {
  if (status->code == POLYCALL_OK) {
    out->status = 0;
    return;
  }
  out->status = HandleOf(new polycall_status(*status));
  *status = POLYCALL_STATUS_INIT;
}

Incoming::Incoming(JNIEnv* env, jlong data, jlong size, jlong buffer, jobject object, jlong type)
    : env_(env) {
  if (type != 0) {
    message_.type = Pointer<const polycall_message_type>(type);
    message_.object = env->NewGlobalRef(object);
    return;
  }
  message_.buffer = Pointer<polycall_buffer>(buffer);
  message_.data = buffer != 0 ? polycall_buffer_data(message_.buffer) : Pointer<const void>(data);
  message_.size = static_cast<size_t>(size);
}

Incoming::~Incoming() {
  if (message_.type != nullptr) env_->DeleteGlobalRef(static_cast<jobject>(message_.object));
}

bool TakeEncoded() { return std::exchange(t_encoded, false); }

}  // namespace polycall_java

using namespace polycall_java;

// The table of one message class. It is its own identity, and is never freed: channels, servers and
// messages under way may refer to it.
POLYCALL_NATIVE(jlong, messageType)(JNIEnv* env, jclass, jbyteArray name) {
  auto* type = new polycall_message_type(POLYCALL_MESSAGE_TYPE_INIT);
  type->name = strdup(TextFromJava(env, name).c_str());
  type->identity = type;
  type->encoded_size = EncodedSize;
  type->encode = Encode;
  type->retain = Retain;
  type->release = Release;
  return HandleOf(type);
}

// A held message: the object itself, or a direct buffer of its bytes.
POLYCALL_NATIVE(jobject, messageContent)(JNIEnv* env, jclass, jlong handle) {
  const auto& message = *Pointer<polycall_message>(handle);
  if (IsJavaObject(message)) return env->NewLocalRef(static_cast<jobject>(message.object));
  return env->NewDirectByteBuffer(const_cast<void*>(message.data),
                                  static_cast<jlong>(message.size));
}

POLYCALL_NATIVE(void, messageRelease)(JNIEnv*, jclass, jlong handle) {
  auto* message = Pointer<polycall_message>(handle);
  polycall_message_release(message);
  delete message;
}

POLYCALL_NATIVE(jlong, bufferNew)(JNIEnv* env, jclass, jlong size) {
  polycall_buffer* buffer = polycall_buffer_new(static_cast<size_t>(size));
  if (buffer == nullptr) {
    Throw(env, POLYCALL_RESOURCE_EXHAUSTED, "no memory for a message of this size");
  }
  return HandleOf(buffer);
}

POLYCALL_NATIVE(jobject, bufferBytes)(JNIEnv* env, jclass, jlong handle) {
  auto* buffer = Pointer<polycall_buffer>(handle);
  return env->NewDirectByteBuffer(polycall_buffer_data(buffer),
                                  static_cast<jlong>(polycall_buffer_size(buffer)));
}

POLYCALL_NATIVE(void, bufferRelease)(JNIEnv*, jclass, jlong handle) {
  polycall_buffer_release(Pointer<polycall_buffer>(handle));
}

POLYCALL_NATIVE(jlong, address)(JNIEnv* env, jclass, jobject buffer) {
  return HandleOf(env->GetDirectBufferAddress(buffer));
}

// Takes a status that a function left in its Out: {message, details}, and the code.
POLYCALL_NATIVE(jobjectArray, takeStatus)(JNIEnv* env, jclass, jlong handle) {
  auto* status = Pointer<polycall_status>(handle);
  jobjectArray parts = env->NewObjectArray(2, g_java.byte_array, nullptr);
  if (parts != nullptr) {
    const Local message(env, TextToJava(env, status->message));
    const Local details(env, status->details == nullptr
                                 ? nullptr
                                 : BytesToJava(env, status->details, status->details_size));
    env->SetObjectArrayElement(parts, 0, message.get());
    env->SetObjectArrayElement(parts, 1, details.get());
  }
  polycall_status_clear(status);
  delete status;
  return parts;
}

POLYCALL_NATIVE(jobjectArray, takeMetadata)(JNIEnv* env, jclass, jlong handle) {
  const MetadataPtr metadata(Pointer<polycall_metadata>(handle));
  return MetadataToJava(env, metadata.get());
}
