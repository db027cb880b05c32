#include "env.h"

#include <polycall/host.h>

namespace polycall_java {

JavaRefs g_java;
thread_local int UpcallScope::depth_ = 0;

namespace {

JavaVM* g_vm = nullptr;

// Detaches a thread that Env() attached when it ends.
class Attachment {
 public:
  ~Attachment() { Detach(); }

  JNIEnv* Attach() {
    JavaVMAttachArgs arguments = {JNI_VERSION_10, const_cast<char*>("polycall"), nullptr};
    void* env = nullptr;
    if (g_vm->AttachCurrentThreadAsDaemon(&env, &arguments) != JNI_OK) return nullptr;
    attached_ = true;
    return static_cast<JNIEnv*>(env);
  }

  void Detach() {
    if (!attached_) return;
    attached_ = false;
    g_vm->DetachCurrentThread();
  }

 private:
  bool attached_ = false;
};

thread_local Attachment t_attachment;

jclass GlobalClass(JNIEnv* env, const char* name) {
  jclass found = env->FindClass(name);
  if (found == nullptr) return nullptr;
  auto* global = static_cast<jclass>(env->NewGlobalRef(found));
  env->DeleteLocalRef(found);
  return global;
}

bool LookUp(JNIEnv* env) {
  g_java.object = GlobalClass(env, "java/lang/Object");
  g_java.byte_array = GlobalClass(env, "[B");
  g_java.upcalls = GlobalClass(env, "io/polycall/Upcalls");
  if (g_java.object == nullptr || g_java.byte_array == nullptr || g_java.upcalls == nullptr) {
    return false;
  }
  const struct {
    jmethodID* id;
    const char* name;
    const char* signature;
  } methods[] = {
      {&g_java.handle, "handle",
       "(Lio/polycall/MethodHandler;JLio/polycall/UpcallSlot;ILjava/lang/Object;)I"},
      {&g_java.unary_done, "unaryDone",
       "(JLio/polycall/UpcallSlot;ILjava/lang/Object;I[B[B[Ljava/lang/Object;[Ljava/lang/Object;)"
       "V"},
      {&g_java.send_done, "sendDone", "(JI)V"},
      {&g_java.received, "received", "(JLio/polycall/UpcallSlot;ILjava/lang/Object;)V"},
      {&g_java.ended, "ended", "(JI[B[B)V"},
      {&g_java.cancelled, "cancelled", "(J)V"},
      {&g_java.new_slot, "newSlot",
       "(Ljava/nio/ByteBuffer;Ljava/nio/ByteBuffer;)Lio/polycall/UpcallSlot;"},
      {&g_java.status_exception, "statusException", "(I[B[B)Ljava/lang/Throwable;"},
      {&g_java.to_status, "toStatus", "(Ljava/lang/Throwable;[I)[Ljava/lang/Object;"},
      {&g_java.new_intercepted, "newIntercepted", "(J)Lio/polycall/InterceptedCall;"},
      {&g_java.intercept_started, "interceptStarted",
       "(Lio/polycall/Interceptor;Lio/polycall/InterceptedCall;[Ljava/lang/Object;)"
       "[Ljava/lang/Object;"},
      {&g_java.intercept_message, "interceptMessage",
       "(Lio/polycall/Interceptor;Lio/polycall/InterceptedCall;Ljava/lang/Object;Z)V"},
      {&g_java.intercept_finished, "interceptFinished",
       "(Lio/polycall/Interceptor;Lio/polycall/InterceptedCall;I[B[B[I)[Ljava/lang/Object;"},
      {&g_java.log, "log", "(I[B)V"},
      {&g_java.encoded_size, "encodedSize", "(Ljava/lang/Object;)I"},
      {&g_java.encode, "encode", "(Ljava/lang/Object;Ljava/nio/ByteBuffer;)Z"},
  };
  for (const auto& method : methods) {
    *method.id = env->GetStaticMethodID(g_java.upcalls, method.name, method.signature);
    if (*method.id == nullptr) return false;  // with NoSuchMethodError pending
  }
  return true;
}

}  // namespace

JNIEnv* Env() {
  void* env = nullptr;
  if (g_vm->GetEnv(&env, JNI_VERSION_10) == JNI_OK) return static_cast<JNIEnv*>(env);
  return t_attachment.Attach();
}

const polycall_thread_hook* ThreadHook() {
  static const polycall_thread_hook* hook = polycall_thread_hook_new(
      [](void*) -> void* { return Env(); }, [](void*, void*) { t_attachment.Detach(); }, nullptr);
  return hook;
}

}  // namespace polycall_java

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  void* env = nullptr;
  if (vm->GetEnv(&env, JNI_VERSION_10) != JNI_OK) return JNI_ERR;
  polycall_java::g_vm = vm;
  if (!polycall_java::LookUp(static_cast<JNIEnv*>(env))) return JNI_ERR;
  // Two that clash are here already: it is too late for more than what the log says.
  static const polycall_host_exclusion exclusions[] = {
      {"sbcl", "SBCL and the Java virtual machine both handle SIGSEGV in their own ways"}};
  polycall_host_declare("jvm", exclusions, 1, nullptr);
  return JNI_VERSION_10;
}
