// Calls, from either side: what io.polycall.NativeCall does with its handle.
#include <polycall/polycall.h>

#include "call_options.h"
#include "env.h"
#include "message.h"
#include "upcall_slot.h"
#include "values.h"

namespace polycall_java {
namespace {

void SendDone(void* arg, polycall_code code) {
  JNIEnv* env = Env();
  if (env == nullptr) return;
  const UpcallScope scope;
  env->CallStaticVoidMethod(g_java.upcalls, g_java.send_done, HandleOf(arg), jint{code});
  ClearException(env);
}

void Received(void* arg, polycall_message* message) {
  JNIEnv* env = Env();
  if (env != nullptr) {
    const UpcallScope scope;
    const UpcallSlot slot(env);
    jobject content = nullptr;
    jint size = kEnd;
    if (message != nullptr && slot.get() != nullptr) {
      size = DeliverToUpcall(env, *message, slot->in, SlotMemory::kCapacity, &content);
    }
    const Local large(env, content);
    ClearException(env);
    env->CallStaticVoidMethod(g_java.upcalls, g_java.received, HandleOf(arg),
                              slot.get() == nullptr ? nullptr : slot->java, size, large.get());
    ClearException(env);
  }
  polycall_message_release(message);
}

void Ended(void* arg, polycall_status* status, const polycall_metadata*) {
  JNIEnv* env = Env();
  if (env != nullptr) {
    const UpcallScope scope;
    const Local message(env, TextToJava(env, status->message));
    const Local details(env, status->details == nullptr
                                 ? nullptr
                                 : BytesToJava(env, status->details, status->details_size));
    ClearException(env);
    env->CallStaticVoidMethod(g_java.upcalls, g_java.ended, HandleOf(arg), jint{status->code},
                              message.get(), details.get());
    ClearException(env);
  }
  polycall_status_clear(status);
}

void Cancelled(void* arg) {
  JNIEnv* env = Env();
  if (env == nullptr) return;
  const UpcallScope scope;
  env->CallStaticVoidMethod(g_java.upcalls, g_java.cancelled, HandleOf(arg));
  ClearException(env);
}

}  // namespace
}  // namespace polycall_java

using namespace polycall_java;

POLYCALL_NATIVE(jlong, callStart)
(JNIEnv* env, jclass, jlong channel, jlong method, jlong response_type, jlong timeout, jint flags,
 jlong parent, jobjectArray metadata) {
  CallOptions options;
  if (!options.Read(env, timeout, flags, parent, metadata)) return 0;
  options.SetResponseType(response_type);
  return HandleOf(polycall_call_start(Pointer<polycall_channel>(channel),
                                      Pointer<const polycall_method>(method), options.get()));
}

POLYCALL_NATIVE(void, callRetain)(JNIEnv*, jclass, jlong call) {
  polycall_call_retain(Pointer<polycall_call>(call));
}

POLYCALL_NATIVE(void, callRelease)(JNIEnv*, jclass, jlong call) {
  polycall_call_release(Pointer<polycall_call>(call));
}

POLYCALL_NATIVE(void, callCancel)
(JNIEnv* env, jclass, jlong call, jint code, jbyteArray message) {
  const std::string text = TextFromJava(env, message);
  polycall_call_cancel(Pointer<polycall_call>(call), static_cast<polycall_code>(code),
                       text.c_str());
}

POLYCALL_NATIVE(jint, callSend)
(JNIEnv* env, jclass, jlong call, jlong data, jlong size, jlong buffer, jobject object, jlong type,
 jint flags, jlong out_address) {
  auto* out = Pointer<Out>(out_address);
  const Incoming message(env, data, size, buffer, object, type);
  polycall_status status = POLYCALL_STATUS_INIT;
  if (type != 0) TakeEncoded();
  const polycall_code code = polycall_call_send(Pointer<polycall_call>(call), message.get(),
                                                static_cast<uint32_t>(flags), &status);
  if (type != 0) out->encoded = TakeEncoded() ? 1 : 0;
  DeliverStatus(&status, out);
  return code;
}

POLYCALL_NATIVE(void, callSendAsync)
(JNIEnv* env, jclass, jlong call, jlong data, jlong size, jlong buffer, jobject object, jlong type,
 jint flags, jlong id) {
  const Incoming message(env, data, size, buffer, object, type);
  polycall_call_send_async(Pointer<polycall_call>(call), message.get(),
                           static_cast<uint32_t>(flags), SendDone, Pointer<void>(id));
}

POLYCALL_NATIVE(jint, callReceive)
(JNIEnv*, jclass, jlong call, jlong out_address, jint capacity) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  if (polycall_call_receive(Pointer<polycall_call>(call), &message) == 0) return kEnd;
  return Deliver(&message, Pointer<Out>(out_address), capacity);
}

POLYCALL_NATIVE(void, callReceiveAsync)(JNIEnv*, jclass, jlong call, jlong id) {
  polycall_call_receive_async(Pointer<polycall_call>(call), Received, Pointer<void>(id));
}

POLYCALL_NATIVE(void, callHalfClose)(JNIEnv*, jclass, jlong call) {
  polycall_call_half_close(Pointer<polycall_call>(call));
}

POLYCALL_NATIVE(jint, callWait)(JNIEnv*, jclass, jlong call, jlong out_address) {
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_code code = polycall_call_wait(Pointer<polycall_call>(call), &status, nullptr);
  DeliverStatus(&status, Pointer<Out>(out_address));
  return code;
}

POLYCALL_NATIVE(void, callWaitAsync)(JNIEnv*, jclass, jlong call, jlong id) {
  polycall_call_wait_async(Pointer<polycall_call>(call), Ended, Pointer<void>(id));
}

POLYCALL_NATIVE(jobjectArray, callInitialMetadata)(JNIEnv* env, jclass, jlong call) {
  return MetadataToJava(env, polycall_call_initial_metadata(Pointer<polycall_call>(call)));
}

POLYCALL_NATIVE(jobjectArray, callTrailingMetadata)(JNIEnv* env, jclass, jlong call) {
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_metadata* trailing = nullptr;
  polycall_call_wait(Pointer<polycall_call>(call), &status, &trailing);
  polycall_status_clear(&status);
  return MetadataToJava(env, trailing);
}

POLYCALL_NATIVE(jlong, callTimeLeft)(JNIEnv*, jclass, jlong call) {
  return polycall_call_time_left(Pointer<polycall_call>(call));
}

POLYCALL_NATIVE(jbyteArray, callTransport)(JNIEnv* env, jclass, jlong call) {
  return TextToJava(env, polycall_call_transport(Pointer<polycall_call>(call)));
}

POLYCALL_NATIVE(jbyteArray, callPeer)(JNIEnv* env, jclass, jlong call) {
  char peer[256];
  polycall_call_peer(Pointer<polycall_call>(call), peer, sizeof(peer));
  return TextToJava(env, peer);
}

// The subject (null: none) and the names; null when nobody vouches for the peer.
POLYCALL_NATIVE(jobjectArray, callIdentity)(JNIEnv* env, jclass, jlong call) {
  polycall_identity identity = POLYCALL_IDENTITY_INIT;
  if (polycall_call_identity(Pointer<polycall_call>(call), &identity) == 0) return nullptr;
  const auto count = static_cast<jsize>(identity.name_count);
  jobjectArray texts = env->NewObjectArray(count + 1, g_java.byte_array, nullptr);
  for (jsize i = 0; texts != nullptr && i <= count; ++i) {
    const Local text(env, TextToJava(env, i == 0 ? identity.subject : identity.names[i - 1]));
    if (env->ExceptionCheck() != JNI_FALSE) return nullptr;
    env->SetObjectArrayElement(texts, i, text.get());
  }
  return texts;
}

POLYCALL_NATIVE(jbyteArray, callService)(JNIEnv* env, jclass, jlong call) {
  return TextToJava(env, polycall_call_service(Pointer<polycall_call>(call)));
}

POLYCALL_NATIVE(jbyteArray, callMethod)(JNIEnv* env, jclass, jlong call) {
  return TextToJava(env, polycall_call_method(Pointer<polycall_call>(call)));
}

POLYCALL_NATIVE(jint, callKind)(JNIEnv*, jclass, jlong call) {
  return polycall_call_kind(Pointer<polycall_call>(call));
}

// The handler's side.

POLYCALL_NATIVE(jobjectArray, callMetadata)(JNIEnv* env, jclass, jlong call) {
  return MetadataToJava(env, polycall_call_metadata(Pointer<polycall_call>(call)));
}

namespace {

using MetadataSetter = polycall_code (*)(polycall_call*, const polycall_metadata*,
                                         polycall_status*);

void SetMetadata(JNIEnv* env, jlong call, jobjectArray entries, MetadataSetter set) {
  const MetadataPtr metadata(polycall_metadata_new());
  if (!AddMetadata(env, entries, 0, metadata.get())) return;
  polycall_status status = POLYCALL_STATUS_INIT;
  if (set(Pointer<polycall_call>(call), metadata.get(), &status) != POLYCALL_OK) {
    Throw(env, status);
    polycall_status_clear(&status);
  }
}

}  // namespace

POLYCALL_NATIVE(void, callSendInitialMetadata)
(JNIEnv* env, jclass, jlong call, jobjectArray entries) {
  SetMetadata(env, call, entries, polycall_call_send_initial_metadata);
}

POLYCALL_NATIVE(void, callSetTrailingMetadata)
(JNIEnv* env, jclass, jlong call, jobjectArray entries) {
  SetMetadata(env, call, entries, polycall_call_set_trailing_metadata);
}

POLYCALL_NATIVE(jboolean, callIsCancelled)(JNIEnv*, jclass, jlong call) {
  return polycall_call_is_cancelled(Pointer<polycall_call>(call)) != 0 ? JNI_TRUE : JNI_FALSE;
}

// `id` 0 removes what was set.
POLYCALL_NATIVE(void, callOnCancel)(JNIEnv*, jclass, jlong call, jlong id) {
  polycall_call_on_cancel(Pointer<polycall_call>(call), id == 0 ? nullptr : Cancelled,
                          Pointer<void>(id));
}

POLYCALL_NATIVE(void, callFinish)
(JNIEnv* env, jclass, jlong call, jlong data, jlong size, jlong buffer, jobject object, jlong type,
 jboolean with_response) {
  const Incoming response(env, data, size, buffer, object, type);
  polycall_call_finish(Pointer<polycall_call>(call), nullptr,
                       with_response != JNI_FALSE ? response.get() : nullptr);
}

POLYCALL_NATIVE(void, callFail)
(JNIEnv* env, jclass, jlong call, jint code, jbyteArray message, jbyteArray details) {
  polycall_status status = POLYCALL_STATUS_INIT;
  StatusFromJava(env, code, message, details, &status);
  polycall_call_finish(Pointer<polycall_call>(call), &status, nullptr);
  polycall_status_clear(&status);
}

// For a virtual machine without memory: asks nothing of Java.
POLYCALL_NATIVE(void, callFailWithoutMemory)(JNIEnv*, jclass, jlong call) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, POLYCALL_RESOURCE_EXHAUSTED,
                      "the handler left no memory or stack in its Java virtual machine", nullptr,
                      0);
  polycall_call_finish(Pointer<polycall_call>(call), &status, nullptr);
  polycall_status_clear(&status);
}

POLYCALL_NATIVE(jlong, callSetCurrent)(JNIEnv*, jclass, jlong call) {
  return HandleOf(polycall_call_set_current(Pointer<polycall_call>(call)));
}
