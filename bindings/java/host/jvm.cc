#include "jvm.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <memory>

namespace polycall_java_host {
namespace {

constexpr char kBelowHome[] = "/lib/server/libjvm.so";

// The Java home that the `java` on the PATH belongs to; empty if there is none.
std::string HomeOfPath() {
  const char* path = getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const size_t colon = rest.find(':');
    const std::string program = rest.substr(0, colon) + "/java";
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (access(program.c_str(), X_OK) != 0) continue;
    const std::unique_ptr<char, void (*)(void*)> real(realpath(program.c_str(), nullptr), free);
    const std::string found = real ? real.get() : "";
    const size_t bin = found.rfind("/bin/java");
    if (bin != std::string::npos) return found.substr(0, bin);
  }
  return "";
}

std::vector<std::string> Homes() {
  std::vector<std::string> homes;
  if (const char* home = getenv("JAVA_HOME"); home != nullptr && *home != '\0') {
    homes.emplace_back(home);
  }
  homes.emplace_back(POLYCALL_JAVA_HOME);
  homes.emplace_back("/usr/lib/jvm/default-java");
  if (std::string home = HomeOfPath(); !home.empty()) homes.push_back(std::move(home));
  return homes;
}

void* OpenLibrary(std::string* error) {
  std::string looked;
  for (const std::string& home : Homes()) {
    const std::string path = home + kBelowHome;
    looked += (looked.empty() ? "" : ", ") + path;
    if (access(path.c_str(), R_OK) != 0) continue;
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return library;
    const char* reason = dlerror();
    *error = reason != nullptr ? reason : path;
    return nullptr;
  }
  *error = "no Java virtual machine; looked for " + looked +
           ". Install openjdk-17-jre-headless, or set JAVA_HOME";
  return nullptr;
}

const char* Explain(jint code) {
  switch (code) {
    case JNI_ENOMEM:
      return "not enough memory";
    case JNI_EVERSION:
      return "it is older than Java 10";
    case JNI_EEXIST:
      return "one was made before and has ended: a process has one only";
    case JNI_EINVAL:
      return "an argument is wrong; the machine has written which to standard error";
    default:
      return "an argument may be wrong; the machine may have written more to standard error";
  }
}

}  // namespace

JavaVM* FindRunning() {
  // By its name, whatever folder it came from.
  void* library = dlopen("libjvm.so", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  const auto get =
      reinterpret_cast<decltype(&JNI_GetCreatedJavaVMs)>(dlsym(library, "JNI_GetCreatedJavaVMs"));
  JavaVM* vm = nullptr;
  jsize count = 0;
  if (get == nullptr || get(&vm, 1, &count) != JNI_OK || count == 0) return nullptr;
  return vm;
}

JavaVM* Create(const std::vector<std::string>& options, std::string* error) {
  void* library = OpenLibrary(error);
  if (library == nullptr) return nullptr;
  const auto create =
      reinterpret_cast<decltype(&JNI_CreateJavaVM)>(dlsym(library, "JNI_CreateJavaVM"));
  if (create == nullptr) {
    *error = "the Java virtual machine has no function JNI_CreateJavaVM";
    return nullptr;
  }
  std::vector<JavaVMOption> table;
  for (const std::string& option : options) {
    table.push_back({const_cast<char*>(option.c_str()), nullptr});
  }
  JavaVMInitArgs arguments = {JNI_VERSION_10, static_cast<jint>(table.size()), table.data(),
                              JNI_FALSE};
  JavaVM* vm = nullptr;
  void* env = nullptr;
  const jint code = create(&vm, &env, &arguments);
  if (code == JNI_OK) return vm;
  *error = std::string("the Java virtual machine did not start: ") + Explain(code);
  return nullptr;
}

AttachedEnv::AttachedEnv(JavaVM* vm) : vm_(vm) {
  void* env = nullptr;
  if (vm->GetEnv(&env, JNI_VERSION_10) == JNI_OK) {
    env_ = static_cast<JNIEnv*>(env);
  } else if (vm->AttachCurrentThreadAsDaemon(&env, nullptr) == JNI_OK) {
    env_ = static_cast<JNIEnv*>(env);
    attached_ = true;
  }
}

AttachedEnv::~AttachedEnv() {
  if (attached_) vm_->DetachCurrentThread();
}

}  // namespace polycall_java_host
