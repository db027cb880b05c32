#include "host/places.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "polycall/polycall.h"

namespace polycall::host {
namespace {

constexpr std::string_view kPrefix = "libpolycall_host_";
constexpr std::string_view kSuffix = ".so";

// The folder of the library that this code is in; empty if the loader does not say.
std::string OwnFolder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&polycall_version), &info) == 0) return "";
  // The links of a versioned library lie beside it, but not those of a package manager's view of it.
  const std::unique_ptr<char, void (*)(void*)> real(realpath(info.dli_fname, nullptr), free);
  const std::string path = real ? real.get() : info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

void AddPlace(std::string place, std::vector<std::string>* places) {
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  if (place.empty()) return;
  if (std::find(places->begin(), places->end(), place) == places->end()) {
    places->push_back(std::move(place));
  }
}

// "python" for "libpolycall_host_python.so", else empty.
std::string_view LanguageOf(std::string_view file) {
  if (!file.starts_with(kPrefix) || !file.ends_with(kSuffix)) return {};
  file.remove_prefix(kPrefix.size());
  return file.size() > kSuffix.size() ? file.substr(0, file.size() - kSuffix.size())
                                      : std::string_view();
}

}  // namespace

std::vector<std::string> Places() {
  std::vector<std::string> places;
  // Not where the program has more rights than the one who set the variable.
  if (const char* variable = secure_getenv("POLYCALL_HOST_PATH")) {
    std::string_view rest = variable;
    while (!rest.empty()) {
      const size_t colon = std::min(rest.find(':'), rest.size());
      AddPlace(std::string(rest.substr(0, colon)), &places);
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  if (const std::string own = OwnFolder(); !own.empty()) {
    AddPlace(own + "/polycall", &places);
    AddPlace(own, &places);
  }
  return places;
}

std::string FindHost(std::string_view language) {
  for (const std::string& place : Places()) {
    std::string path =
        place + "/" + std::string(kPrefix) + std::string(language) + std::string(kSuffix);
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  return "";
}

std::vector<FoundHost> FindHosts() {
  std::vector<FoundHost> found;
  for (const std::string& place : Places()) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(place.c_str()), closedir);
    if (folder == nullptr) continue;
    while (const dirent* entry = readdir(folder.get())) {
      const std::string_view language = LanguageOf(entry->d_name);
      const bool known = std::any_of(found.begin(), found.end(), [&](const FoundHost& host) {
        return host.language == language;
      });
      if (language.empty() || known) continue;
      found.push_back({std::string(language), place + "/" + entry->d_name});
    }
  }
  std::sort(found.begin(), found.end(), [](const FoundHost& left, const FoundHost& right) {
    return left.language < right.language;
  });
  return found;
}

}  // namespace polycall::host
