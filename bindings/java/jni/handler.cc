#include "handler.h"

#include "env.h"
#include "message.h"
#include "upcall_slot.h"

namespace polycall_java {
namespace {

void Fail(polycall_call* call, polycall_code code, const char* message) {
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, code, message, nullptr, 0);
  polycall_call_finish(call, &status, nullptr);
  polycall_status_clear(&status);
}

// The handler ends the call itself, or leaves a response in the slot for the fast way out. It throws
// only when the virtual machine has no memory to begin with: the call is then not ended.
void Handle(void* arg, polycall_call* call, const polycall_message* request) {
  JNIEnv* env = Env();
  if (env == nullptr) {
    Fail(call, POLYCALL_UNAVAILABLE, "the server's Java virtual machine has ended");
    return;
  }
  const UpcallScope scope;
  const UpcallSlot slot(env);
  if (slot.get() == nullptr) {
    Fail(call, POLYCALL_RESOURCE_EXHAUSTED, "the server has no memory for the call");
    return;
  }
  jint size = kEnd;
  jobject content = nullptr;
  if (request != nullptr) {
    size = DeliverToUpcall(env, *request, slot->in, SlotMemory::kCapacity, &content);
  }
  const Local large(env, content);
  const jint result =
      env->CallStaticIntMethod(g_java.upcalls, g_java.handle, static_cast<jobject>(arg),
                               HandleOf(call), slot->java, size, large.get());
  if (ClearException(env)) {
    Fail(call, POLYCALL_RESOURCE_EXHAUSTED, "the server's Java virtual machine has no memory left");
  } else if (result >= 0) {
    polycall_message response = POLYCALL_MESSAGE_INIT;
    response.data = slot->out;
    response.size = static_cast<size_t>(result);
    polycall_call_finish(call, nullptr, &response);
  }
}

}  // namespace

Handlers::Handlers(JNIEnv* env, jobjectArray objects, const std::vector<jlong>& types,
                   const std::vector<jlong>& asynchronous) {
  for (size_t i = 0; i < types.size(); ++i) {
    const Local object(env, env->GetObjectArrayElement(objects, static_cast<jsize>(i)));
    polycall_handler handler = POLYCALL_HANDLER_INIT;
    handler.fn = Handle;
    handler.arg = env->NewGlobalRef(object.get());
    handler.request_type = Pointer<const polycall_message_type>(types[i]);
    handler.asynchronous = asynchronous[i] != 0 ? 1 : 0;
    table_.push_back(handler);
  }
}

Handlers::~Handlers() {
  JNIEnv* env = Env();
  for (const polycall_handler& handler : table_) {
    if (env != nullptr) env->DeleteGlobalRef(static_cast<jobject>(handler.arg));
  }
}

}  // namespace polycall_java
