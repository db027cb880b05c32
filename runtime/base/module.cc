#include "base/module.h"

#include <dlfcn.h>

#include <map>
#include <string>

#include "base/mutex.h"

namespace polycall::base {
namespace {

struct Loaded {
  Status status;
  const void* entry = nullptr;
};

// The folder of the library that this code is in; with a slash at its end.
std::string OwnFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&kModuleBuild), &info) == 0) return "";
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/') + 1);
}

Loaded Load(const std::string& name) {
  const std::string file = "libpolycall_" + name + ".so";
  const std::string beside = OwnFolder() + file;
  void* library = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  const char* why = library == nullptr ? dlerror() : nullptr;
  const std::string first = why != nullptr ? why : "";
  // A program that has the library's code in itself (a test) finds modules by its own run path.
  if (library == nullptr) library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
#ifdef POLYCALL_MODULE_FOLDER
  // Under a sanitizer it is the sanitizer's dlopen that is called, whose run path is another.
  if (library == nullptr) {
    library = dlopen((POLYCALL_MODULE_FOLDER "/" + file).c_str(), RTLD_NOW | RTLD_LOCAL);
  }
#endif
  if (library == nullptr) {
    return {Unavailable("the module " + file +
                        " cannot be loaded; install it beside libpolycall.so: " + first),
            nullptr};
  }
  using Entry = const void* (*)(const char* build);
  const auto entry =
      reinterpret_cast<Entry>(dlsym(library, ("polycall_" + name + "_module").c_str()));
  const void* found = entry != nullptr ? entry(kModuleBuild) : nullptr;
  if (found == nullptr) {
    return {FailedPrecondition("the module " + file +
                               " is of another build than libpolycall.so; install both together"),
            nullptr};
  }
  return {Status(), found};
}

}  // namespace

Status LoadModule(const char* name, const void** entry) {
  static auto* mutex = new Mutex;
  static auto* loaded = new std::map<std::string, Loaded>;
  MutexLock lock(*mutex);
  auto it = loaded->find(name);
  // A module that was missing may be there the next time.
  if (it == loaded->end() || !it->second.status.ok()) {
    it = loaded->insert_or_assign(name, Load(name)).first;
  }
  *entry = it->second.entry;
  return it->second.status;
}

}  // namespace polycall::base
