#include "host/registry.h"

#include <dlfcn.h>

#include <algorithm>

#include "host/places.h"

namespace polycall::host {
namespace {

using base::Status;

Status NotFound(const std::string& message) { return {POLYCALL_NOT_FOUND, message}; }

// A language names a file: nothing that could leave the places of the search.
bool IsLanguageName(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string KnownLanguages() {
  std::string known;
  for (const FoundHost& host : FindHosts()) known += (known.empty() ? "" : ", ") + host.language;
  return known.empty() ? "none" : known;
}

Status NoHost(const std::string& language) {
  std::string places;
  for (const std::string& place : Places()) places += (places.empty() ? "" : ", ") + place;
  return NotFound("no host for \"" + language + "\": there is no libpolycall_host_" + language +
                  ".so in " + places +
                  " (POLYCALL_HOST_PATH names further folders); hosts there: " + KnownLanguages());
}

Status CheckModule(const polycall_host_module* module, const std::string& language,
                   const std::string& origin) {
  if (module == nullptr) return Status(POLYCALL_INTERNAL, origin + " gives no host");
  if (module->host_abi_version != POLYCALL_HOST_ABI_VERSION) {
    return base::FailedPrecondition(
        origin + " was built for version " + std::to_string(module->host_abi_version) +
        " of the host ABI, this libpolycall (" + polycall_version() + ") has version " +
        std::to_string(POLYCALL_HOST_ABI_VERSION) + ": use a host of the same PolyCall");
  }
  if (module->struct_size < sizeof(polycall_host_module) || module->start == nullptr ||
      module->load == nullptr || module->language == nullptr) {
    return base::FailedPrecondition(origin + " is incomplete: it has no start, load or language");
  }
  if (language != module->language) {
    return base::FailedPrecondition(origin + " is the host of \"" + module->language +
                                    "\", not of \"" + language + "\"");
  }
  return {};
}

// What a host's function wrote, and its own copy freed.
Status Taken(polycall_code code, polycall_status* status, const std::string& what) {
  Status result = Status::FromAbi(status);
  polycall_status_clear(status);
  if (code != POLYCALL_OK && result.ok()) return Status(code, what + " failed and did not say why");
  return code == POLYCALL_OK ? Status() : result;
}

}  // namespace

Registry& Registry::Instance() {
  // Never freed: threads of hosted runtimes may outlive the end of main().
  static auto* instance = new Registry;
  return *instance;
}

base::Status Registry::Load(polycall_server* server, const polycall_host_options& options) {
  if (server == nullptr) return base::InvalidArgument("there is no server to load a module for");
  const std::string language = options.language != nullptr ? options.language : "";
  if (!IsLanguageName(language)) {
    return base::InvalidArgument(
        "\"" + language + "\" is no language's name; there are hosts for: " + KnownLanguages());
  }
  if (options.module == nullptr || *options.module == '\0') {
    return base::InvalidArgument("no module given for the host of \"" + language + "\"");
  }
  const polycall_host_module* module = nullptr;
  {
    base::MutexLock lock(mutex_);
    const auto entry = hosts_.find(language);
    if (entry != hosts_.end() && entry->second.started) module = entry->second.module;
  }
  if (module == nullptr) {
    if (Status status = StartHost(language, options); !status.ok()) return status;
    base::MutexLock lock(mutex_);
    module = hosts_.find(language)->second.module;
  }
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_code code = module->load(options.module, server, &status);
  return Taken(code, &status, "loading " + std::string(options.module));
}

base::Status Registry::StartHost(const std::string& language,
                                 const polycall_host_options& options) {
  const pthread_t self = pthread_self();
  {
    base::MutexLock lock(mutex_);
    if (starter_ && pthread_equal(*starter_, self)) {
      return base::FailedPrecondition("a host's start cannot load modules (host of \"" + language +
                                      "\")");
    }
    while (starter_) start_ended_.wait(mutex_);
    const auto entry = hosts_.find(language);
    if (entry != hosts_.end() && entry->second.started) return {};
    if (entry != hosts_.end() && !entry->second.failure.ok()) return entry->second.failure;
    starter_ = self;
  }
  Status status = StartAlone(language, options);
  {
    base::MutexLock lock(mutex_);
    starter_.reset();
  }
  start_ended_.notify_all();
  return status;
}

base::Status Registry::Find(const std::string& language, const polycall_host_module** module,
                            std::string* library) {
  *library = FindHost(language);
  if (library->empty()) return NoHost(language);
  // Local, so that what it links does not mix with the program's; it stays until the process ends.
  void* handle = dlopen(library->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    return base::FailedPrecondition("cannot load the host of \"" + language +
                                    "\": " + (reason != nullptr ? reason : *library) +
                                    " (is the language's runtime installed?)");
  }
  const auto get =
      reinterpret_cast<polycall_host_module_get_fn>(dlsym(handle, POLYCALL_HOST_MODULE_GET));
  if (get == nullptr) {
    return base::FailedPrecondition(*library + " is no host: it does not export " +
                                    POLYCALL_HOST_MODULE_GET);
  }
  *module = get();
  return CheckModule(*module, language, *library);
}

base::Status Registry::StartAlone(const std::string& language,
                                  const polycall_host_options& options) {
  const polycall_host_module* module = nullptr;
  std::string library;
  {
    base::MutexLock lock(mutex_);
    const auto entry = hosts_.find(language);
    if (entry != hosts_.end()) module = entry->second.module;  // provided
  }
  if (module == nullptr) {
    if (Status status = Find(language, &module, &library); !status.ok()) return status;
  }
  {
    base::MutexLock lock(mutex_);
    if (module->runtime != nullptr) {
      if (const auto conflict =
              Conflict(module->runtime, module->exclusions, module->exclusion_count)) {
        return base::FailedPrecondition("the host of \"" + language +
                                        "\" is refused: " + *conflict);
      }
      // Before its start, so that nothing that it excludes can come in meanwhile; and after a start
      // that failed, since nobody knows how far it came.
      Record(module->runtime, module->exclusions, module->exclusion_count);
    }
    Host& host = hosts_[language];
    host.module = module;
    host.library = library;
  }
  const std::string directory = library.empty() ? "" : library.substr(0, library.rfind('/'));
  static const char* const kNoArguments[] = {nullptr};
  const polycall_host_start start = {
      sizeof(polycall_host_start), directory.c_str(),
      options.arguments != nullptr ? options.arguments : kNoArguments};
  polycall_status status = POLYCALL_STATUS_INIT;
  const polycall_code code = module->start(&start, &status);
  Status result = Taken(code, &status, "starting the host of \"" + language + "\"");
  base::MutexLock lock(mutex_);
  Host& host = hosts_[language];
  host.started = result.ok();
  host.failure = result;
  return result;
}

base::Status Registry::Declare(std::string_view runtime, const polycall_host_exclusion* exclusions,
                               size_t count) {
  if (runtime.empty()) return base::InvalidArgument("a runtime without a name was declared");
  base::MutexLock lock(mutex_);
  const auto conflict = Conflict(runtime, exclusions, count);
  Record(runtime, exclusions, count);
  return conflict ? base::FailedPrecondition(*conflict) : Status();
}

base::Status Registry::Provide(const polycall_host_module* module) {
  if (module == nullptr || module->language == nullptr) {
    return base::InvalidArgument("a host that is provided needs a module with a language");
  }
  const std::string language = module->language;
  if (Status status = CheckModule(module, language, "the program"); !status.ok()) return status;
  if (!IsLanguageName(language)) {
    return base::InvalidArgument("\"" + language + "\" is no language's name");
  }
  base::MutexLock lock(mutex_);
  const auto [entry, added] = hosts_.try_emplace(language);
  if (!added) {
    return {POLYCALL_ALREADY_EXISTS, "there is a host of \"" + language + "\" in this process"};
  }
  entry->second.module = module;
  return {};
}

std::optional<std::string> Registry::Conflict(std::string_view runtime,
                                              const polycall_host_exclusion* exclusions,
                                              size_t count) {
  const auto text = [&](std::string_view other, std::string_view reason) {
    return std::string(runtime) + " cannot share a process with " + std::string(other) +
           ", which is in this one already: " + std::string(reason) +
           ". Give one of them a process of its own (polycall host)";
  };
  for (size_t i = 0; i < count; ++i) {
    if (exclusions[i].runtime != runtime && runtimes_.contains(exclusions[i].runtime)) {
      return text(exclusions[i].runtime, exclusions[i].reason);
    }
  }
  for (const auto& [other, others] : runtimes_) {
    for (const Exclusion& exclusion : others) {
      if (other != runtime && exclusion.runtime == runtime) return text(other, exclusion.reason);
    }
  }
  return std::nullopt;
}

void Registry::Record(std::string_view runtime, const polycall_host_exclusion* exclusions,
                      size_t count) {
  std::vector<Exclusion>& own = runtimes_[std::string(runtime)];
  for (size_t i = 0; i < count; ++i) {
    const auto same = [&](const Exclusion& known) {
      return known.runtime == exclusions[i].runtime;
    };
    if (std::none_of(own.begin(), own.end(), same)) {
      own.push_back({exclusions[i].runtime, exclusions[i].reason});
    }
  }
}

}  // namespace polycall::host
