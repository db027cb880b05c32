// The Java host: boots a virtual machine, unless this process is a Java program, and hands modules to
// io.polycall.Modules, which does what is better done in Java.
#include "polycall/host.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "jvm.h"

namespace polycall_java_host {
namespace {

// How long the end of the process waits for Java to flush what it has printed.
constexpr auto kExitPatience = std::chrono::seconds(3);

// Filled by Start, which runs before everything else; never freed.
JavaVM* g_vm = nullptr;
jclass g_modules = nullptr;  // global
jmethodID g_load = nullptr;
jmethodID g_at_exit = nullptr;

polycall_code Fail(polycall_status* status, polycall_code code, const std::string& message) {
  polycall_status_set(status, code, message.c_str(), nullptr, 0);
  return code;
}

std::string FirstReadable(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  return "";
}

// polycall.jar and protobuf's, as the class path; empty with an error.
std::string ClassPath(const std::string& directory, std::string* error) {
  // In the build's tree, and where an install puts it.
  const std::vector<std::string> places = {
      directory + "/polycall.jar", directory + "/../../java/polycall.jar",
      directory + "/../java/polycall.jar", directory + "/../../share/java/polycall.jar",
      directory + "/../../../share/java/polycall.jar"};
  const std::string polycall = FirstReadable(places);
  const std::string protobuf =
      FirstReadable({directory + "/protobuf.jar", POLYCALL_PROTOBUF_JAR,
                     "/usr/share/java/protobuf.jar", "/usr/share/java/protobuf-java.jar"});
  if (polycall.empty() || protobuf.empty()) {
    *error = polycall.empty() ? "polycall.jar is not beside the host; looked for " + places[0] +
                                    " and " + places[3]
                              : "protobuf's jar is missing; install libprotobuf-java";
    return "";
  }
  const char* more = getenv("CLASSPATH");
  return polycall + ":" + protobuf + (more == nullptr ? "" : std::string(":") + more);
}

// On a thread of its own, because whoever holds Java's output must not keep the process from ending.
void AtExit() {
  struct State {
    std::mutex mutex;
    std::condition_variable done;
    bool finished = false;
  };
  const auto state = std::make_shared<State>();
  std::thread([state] {
    {
      const AttachedEnv env(g_vm);
      if (env.get() != nullptr) {
        env->CallStaticVoidMethod(g_modules, g_at_exit);
        env->ExceptionClear();
      }
    }
    const std::lock_guard<std::mutex> lock(state->mutex);
    state->finished = true;
    state->done.notify_all();
  }).detach();
  std::unique_lock<std::mutex> lock(state->mutex);
  state->done.wait_for(lock, kExitPatience, [&] { return state->finished; });
}

polycall_code StartMachine(const polycall_host_start* start, polycall_status* status) {
  std::string error;
  const std::string class_path = ClassPath(start->directory, &error);
  if (class_path.empty()) return Fail(status, POLYCALL_FAILED_PRECONDITION, error);
  // -Xrs: SIGINT, SIGTERM and SIGHUP stay the program's.
  std::vector<std::string> options = {"-Xrs", "-Djava.class.path=" + class_path};
  for (const char* const* at = start->arguments; *at != nullptr; ++at) options.emplace_back(*at);
  g_vm = Create(options, &error);
  if (g_vm == nullptr) return Fail(status, POLYCALL_FAILED_PRECONDITION, error);
  return POLYCALL_OK;
}

polycall_code Start(const polycall_host_start* start, polycall_status* status) {
  g_vm = FindRunning();
  const bool own = g_vm == nullptr;
  if (own) {
    const polycall_code code = StartMachine(start, status);
    if (code != POLYCALL_OK) return code;
  }
  const AttachedEnv env(g_vm);
  if (env.get() == nullptr) {
    return Fail(status, POLYCALL_FAILED_PRECONDITION, "the Java virtual machine takes no thread");
  }
  // In a Java program: by the class loader of whoever called the load.
  jclass modules = env->FindClass("io/polycall/Modules");
  if (modules != nullptr) {
    g_modules = static_cast<jclass>(env->NewGlobalRef(modules));
    env->DeleteLocalRef(modules);
    g_load = env->GetStaticMethodID(g_modules, "load", "(J[B[I)[Ljava/lang/Object;");
    if (g_load != nullptr) g_at_exit = env->GetStaticMethodID(g_modules, "atExit", "()V");
  }
  if (g_at_exit == nullptr) {
    env->ExceptionClear();
    return Fail(
        status, POLYCALL_FAILED_PRECONDITION,
        "Java runs here but has no fitting io.polycall on its class path; add polycall.jar");
  }
  if (own) atexit(AtExit);
  return POLYCALL_OK;
}

std::string Text(JNIEnv* env, jobject array) {
  auto* bytes = static_cast<jbyteArray>(array);
  if (bytes == nullptr) return "";
  std::string text(static_cast<size_t>(env->GetArrayLength(bytes)), '\0');
  env->GetByteArrayRegion(bytes, 0, static_cast<jsize>(text.size()),
                          reinterpret_cast<jbyte*>(text.data()));
  return text;
}

polycall_code Load(const char* module, polycall_server* server, polycall_status* status) {
  const AttachedEnv env(g_vm);
  if (env.get() == nullptr || env->PushLocalFrame(16) != JNI_OK) {
    return Fail(status, POLYCALL_RESOURCE_EXHAUSTED, "the Java virtual machine takes no thread");
  }
  const auto size = static_cast<jsize>(strlen(module));
  jbyteArray text = env->NewByteArray(size);
  jintArray code_array = env->NewIntArray(1);
  jobjectArray failure = nullptr;
  if (text != nullptr && code_array != nullptr) {
    env->SetByteArrayRegion(text, 0, size, reinterpret_cast<const jbyte*>(module));
    failure = static_cast<jobjectArray>(env->CallStaticObjectMethod(
        g_modules, g_load, reinterpret_cast<jlong>(server), text, code_array));
  }
  jint code = POLYCALL_OK;
  if (env->ExceptionCheck() != JNI_FALSE) {
    env->ExceptionClear();
    code = Fail(status, POLYCALL_RESOURCE_EXHAUSTED, "Java has no memory left to load a module");
  } else if (failure != nullptr) {
    env->GetIntArrayRegion(code_array, 0, 1, &code);
    const std::string message = Text(env.get(), env->GetObjectArrayElement(failure, 0));
    const std::string details = Text(env.get(), env->GetObjectArrayElement(failure, 1));
    polycall_status_set(status, static_cast<polycall_code>(code), message.c_str(), details.data(),
                        details.size());
  }
  env->PopLocalFrame(nullptr);
  return static_cast<polycall_code>(code);
}

}  // namespace
}  // namespace polycall_java_host

extern "C" POLYCALL_API const polycall_host_module* polycall_host_module_get(void) {
  static const polycall_host_exclusion exclusions[] = {
      {"sbcl", "SBCL and the Java virtual machine both handle SIGSEGV in their own ways"}};
  static const polycall_host_module module = {sizeof(module),
                                              POLYCALL_HOST_ABI_VERSION,
                                              0,
                                              "java",
                                              "jvm",
                                              exclusions,
                                              1,
                                              polycall_java_host::Start,
                                              polycall_java_host::Load};
  return &module;
}
