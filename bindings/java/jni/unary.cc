// Unary calls: blocking ones in one crossing, and ones with a completion.
#include <polycall/polycall.h>

#include "call_options.h"
#include "env.h"
#include "message.h"
#include "upcall_slot.h"
#include "values.h"

namespace polycall_java {
namespace {

// Runs on a thread of the runtime's, or on the caller's before polycall_unary_call_async returned.
void UnaryDone(void* arg, polycall_unary* unary) {
  JNIEnv* env = Env();
  if (env == nullptr) return;
  const UpcallScope scope;
  const UpcallSlot slot(env);
  jobject content = nullptr;
  jint size = kEnd;
  if (unary->status.code == POLYCALL_OK && slot.get() != nullptr) {
    size = DeliverToUpcall(env, unary->response, slot->in, SlotMemory::kCapacity, &content);
  }
  const Local large(env, content);
  const Local message(env, TextToJava(env, unary->status.message));
  const Local details(env,
                      unary->status.details == nullptr
                          ? nullptr
                          : BytesToJava(env, unary->status.details, unary->status.details_size));
  const Local initial(env, MetadataToJava(env, unary->initial_metadata));
  const Local trailing(env, MetadataToJava(env, unary->trailing_metadata));
  ClearException(env);
  env->CallStaticVoidMethod(g_java.upcalls, g_java.unary_done, HandleOf(arg),
                            slot.get() == nullptr ? nullptr : slot->java, size, large.get(),
                            jint{unary->status.code}, message.get(), details.get(), initial.get(),
                            trailing.get());
  ClearException(env);
}

}  // namespace
}  // namespace polycall_java

using namespace polycall_java;

POLYCALL_NATIVE(jint, unary)
(JNIEnv* env, jclass, jlong channel, jlong method, jlong data, jlong size, jlong buffer,
 jobject object, jlong request_type, jlong response_type, jlong timeout, jint flags, jlong parent,
 jobjectArray metadata, jlong out_address, jint capacity) {
  auto* out = Pointer<Out>(out_address);
  CallOptions options;
  if (!options.Read(env, timeout, flags, parent, metadata)) return POLYCALL_INVALID_ARGUMENT;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = Pointer<const polycall_method>(method);
  unary.options = options.get();
  unary.response_type = Pointer<const polycall_message_type>(response_type);
  {
    const Incoming request(env, data, size, buffer, object, request_type);
    unary.request = *request.get();
    if (request_type != 0) TakeEncoded();
    polycall_unary_call(Pointer<polycall_channel>(channel), &unary);
    if (request_type != 0) out->encoded = TakeEncoded() ? 1 : 0;
  }
  out->initial = HandleOf(unary.initial_metadata);
  out->trailing = HandleOf(unary.trailing_metadata);
  const jint code = unary.status.code;
  if (code == POLYCALL_OK) {
    Deliver(&unary.response, out, capacity);
  } else {
    DeliverStatus(&unary.status, out);
  }
  return code;
}

POLYCALL_NATIVE(jlong, unaryAsync)
(JNIEnv* env, jclass, jlong channel, jlong method, jlong data, jlong size, jlong buffer,
 jobject object, jlong request_type, jlong response_type, jlong timeout, jint flags, jlong parent,
 jobjectArray metadata, jlong id) {
  CallOptions options;
  if (!options.Read(env, timeout, flags, parent, metadata)) return 0;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = Pointer<const polycall_method>(method);
  unary.options = options.get();
  unary.response_type = Pointer<const polycall_message_type>(response_type);
  const Incoming request(env, data, size, buffer, object, request_type);
  unary.request = *request.get();
  polycall_call* call = nullptr;
  polycall_unary_call_async(Pointer<polycall_channel>(channel), &unary, UnaryDone,
                            Pointer<void>(id), &call);
  return HandleOf(call);
}
