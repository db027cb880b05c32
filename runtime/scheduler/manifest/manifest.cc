#include "manifest/manifest.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace polycall::scheduler {
namespace {

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMillisecond;
constexpr size_t kLongestName = 63;
constexpr uintmax_t kLargestFile = 1 << 20;

// A path that means the same wherever it is looked at from.
bool IsPlainPath(const std::string& path) {
  return path.starts_with('/') && (path + "/").find("/../") == std::string::npos;
}

// The service of which `name` could be an instance: "calc" for "calc-1". Empty: none.
std::string ServiceOf(const std::string& name) {
  const size_t dash = name.rfind('-');
  const bool numbered = dash != std::string::npos && dash + 1 < name.size() &&
                        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dash) + 1,
                                    name.end(), [](char c) { return c >= '0' && c <= '9'; });
  return numbered ? name.substr(0, dash) : "";
}

// What the schema cannot say: how keys go together.
class Check {
 public:
  Check(const v1::Manifest& manifest, const std::string& file, const KeyPlaces& places,
        std::vector<Mistake>* mistakes)
      : manifest_(manifest), file_(file), places_(places), mistakes_(mistakes) {}

  void Run() {
    CheckName();
    CheckProgram();
    CheckIsolation();
    CheckWalls();
    CheckCallers();
    if (manifest_.scale().max() != 0 && manifest_.scale().min() > manifest_.scale().max()) {
      Say("scale.min", "scale.min is more than scale.max");
    }
    for (int i = 0; i < manifest_.mounts_size(); ++i) {
      const v1::Mount& mount = manifest_.mounts(i);
      if (!IsPlainPath(mount.source()) || !IsPlainPath(mount.target())) {
        Say(Nth("mounts", i), "mounts: source and target have to be absolute paths without '..': " +
                                  mount.source() + ", " + mount.target());
      }
    }
    for (int i = 0; i < manifest_.secrets_size(); ++i) {
      const v1::Secret& secret = manifest_.secrets(i);
      if (secret.place_case() == v1::Secret::PLACE_NOT_SET) {
        Say(Nth("secrets", i),
            "secrets: " + secret.file() + " needs a 'variable' or a 'path' that gets it");
      } else if (secret.has_path() && !IsPlainPath(secret.path())) {
        Say(Nth("secrets", i),
            "secrets: path has to be an absolute path without '..': " + secret.path());
      }
    }
  }

 private:
  // About the key of that whole name; one that is not there is about the file.
  void Say(const std::string& key, std::string what) {
    const auto found = places_.find(key);
    const KeyPlace place = found != places_.end() ? found->second : KeyPlace();
    mistakes_->push_back({file_, place.line, place.column, std::move(what)});
  }
  static std::string Nth(const char* key, int i) {
    return std::string(key) + "[" + std::to_string(i) + "]";
  }

  void CheckName() {
    const std::string& name = manifest_.name();
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (name.size() > kLongestName || !std::all_of(name.begin(), name.end(), good)) {
      Say("name",
          "name '" + name + "' may have lower-case letters, digits and '-', at most 63 of them");
    }
    // Their sockets are in the same folder as the service's.
    if (name == "polycalld" || name == "keeper") {
      Say("name", "name '" + name + "' is taken by polycalld itself");
    }
  }

  void CheckProgram() {
    if (manifest_.program_case() == v1::Manifest::PROGRAM_NOT_SET) {
      Say("",
          "the manifest says nothing to run: give 'host' (a module of a language) or 'command'");
    }
  }

  void CheckCallers() {
    for (int i = 0; i < manifest_.callers_size(); ++i) {
      const std::string& caller = manifest_.callers(i);
      const bool user = caller.starts_with("UID:") && caller.size() > 4 &&
                        std::all_of(caller.begin() + 4, caller.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
      const bool certificate = caller.starts_with("DNS:") || caller.starts_with("URI:") ||
                               caller.starts_with("IP:") || caller.starts_with("EMAIL:") ||
                               caller.find('=') != std::string::npos;
      if (!user && !certificate) {
        Say(Nth("callers", i), "callers: '" + caller +
                                   "' is no identity; write UID:1000, DNS:name, URI:.., or a "
                                   "certificate's whole subject, "
                                   "as CN=front");
      } else if (!user && !manifest_.has_host()) {
        Say(Nth("callers", i),
            "callers: '" + caller +
                "' needs a 'host': a command has to look at certificates itself");
      }
    }
  }

  // What needs walls and is asked of a process without them: better refused than thought to hold.
  void CheckWalls() {
    const v1::Isolation isolation = manifest_.isolation();
    if (isolation == v1::SANDBOX || isolation == v1::OCI) {
      return;
    }
    const std::string wanted = " needs isolation sandbox or oci: an ordinary process ";
    for (int i = 0; i < manifest_.mounts_size(); ++i) {
      const v1::Mount& mount = manifest_.mounts(i);
      if (mount.source() != mount.target()) {
        Say(Nth("mounts", i), "mounts: " + mount.source() + " at " + mount.target() + wanted +
                                  "sees the host's files where they are");
      }
    }
    if (manifest_.limits().tmp() != 0) {
      Say("limits.tmp", "limits.tmp" + wanted + "writes to the host's /tmp");
    }
    if (manifest_.network() == v1::NO_NETWORK) {
      Say("network", "network: no-network" + wanted + "has the host's network");
    }
    for (int i = 0; i < manifest_.secrets_size(); ++i) {
      const v1::Secret& secret = manifest_.secrets(i);
      if (secret.has_path()) {
        Say(Nth("secrets", i), "secrets: the path " + secret.path() + wanted +
                                   "has no files of its own; give it a " + "'variable'");
      }
    }
  }

  void CheckIsolation() {
    const v1::Isolation isolation = manifest_.isolation();
    if (manifest_.host().fork_server()) {
      if (manifest_.host().language() != "python") {
        Say("host.fork_server",
            "host.fork_server is for python: other languages' runtimes cannot be forked");
      }
      if (isolation == v1::INPROC || isolation == v1::OCI) {
        Say("host.fork_server", "host.fork_server needs isolation process or sandbox");
      }
    }
    if (isolation == v1::INPROC && !manifest_.has_host()) {
      Say("isolation", "isolation inproc needs a 'host': a command runs in a process of its own");
    }
    if (isolation == v1::OCI && manifest_.image().empty()) {
      Say("isolation", "isolation oci needs an 'image'");
    }
    if (isolation != v1::OCI && !manifest_.image().empty()) {
      Say("image", "'image' is for isolation oci only");
    }
    if (isolation != v1::SANDBOX && !manifest_.rootfs().empty()) {
      Say("rootfs", "'rootfs' is for isolation sandbox only");
    }
    if (isolation == v1::INPROC && manifest_.has_limits()) {
      Say("limits",
          "'limits' cannot hold for isolation inproc: the caller's process is not the service's");
    }
    if (manifest_.has_user() && manifest_.user().uid() == 0) {
      Say("user", "user.uid 0 is the root user; give another, or leave 'user' out");
    }
  }

  const v1::Manifest& manifest_;
  const std::string& file_;
  const KeyPlaces& places_;
  std::vector<Mistake>* mistakes_;
};

void FillDefaults(v1::Manifest* m) {
  if (m->isolation() == v1::ISOLATION_UNSPECIFIED) m->set_isolation(v1::PROCESS);
  if (m->network() == v1::NETWORK_UNSPECIFIED) m->set_network(v1::NO_NETWORK);
  if (m->start_time() == 0) m->set_start_time(10 * kSecond);
  if (m->drain_time() == 0) m->set_drain_time(10 * kSecond);
  v1::Scale& scale = *m->mutable_scale();
  if (scale.max() == 0) scale.set_max(std::max(1U, scale.min()));
  if (scale.target_in_flight() == 0) scale.set_target_in_flight(8);
  if (scale.idle_time() == 0) scale.set_idle_time(60 * kSecond);
  v1::Health& health = *m->mutable_health();
  if (health.interval() == 0) health.set_interval(5 * kSecond);
  if (health.timeout() == 0) health.set_timeout(kSecond);
  if (health.failures() == 0) health.set_failures(3);
  v1::Restart& restart = *m->mutable_restart();
  if (restart.policy() == v1::RESTART_POLICY_UNSPECIFIED) restart.set_policy(v1::ALWAYS);
  if (restart.first_pause() == 0) restart.set_first_pause(100 * kMillisecond);
  if (restart.longest_pause() == 0) restart.set_longest_pause(30 * kSecond);
  if (restart.crash_loop_after() == 0) restart.set_crash_loop_after(5);
  v1::Admission& admission = *m->mutable_admission();
  if (admission.queue() == 0) admission.set_queue(1000);
  if (admission.wait() == 0) admission.set_wait(10 * kSecond);
}

}  // namespace

ReadManifest ParseManifest(std::string_view text, const std::string& file) {
  ReadManifest read;
  read.mistakes = ReadYaml(text, file, &read.manifest, &read.places);
  if (read.mistakes.empty()) {
    Check(read.manifest, file, read.places, &read.mistakes).Run();
  }
  FillDefaults(&read.manifest);
  return read;
}

ReadManifest LoadManifest(const std::string& file) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) {
    return {{}, {{file, 0, 0, "cannot read the file: " + std::string(std::strerror(errno))}}};
  }
  if (size > kLargestFile) {
    return {{}, {{file, 0, 0, "the file is larger than 1 MiB; this is no manifest"}}};
  }
  std::stringstream text;
  text << stream.rdbuf();
  return ParseManifest(text.str(), file);
}

std::vector<ReadManifest> LoadManifests(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml") {
      files.push_back(entry.path().string());
    }
  }
  if (error) {
    return {{{}, {{folder, 0, 0, "cannot read the folder: " + error.message()}}}};
  }
  std::sort(files.begin(), files.end());
  std::vector<ReadManifest> all;
  std::map<std::string, std::string> names;
  for (const std::string& file : files) {
    ReadManifest read = LoadManifest(file);
    const auto [other, fresh] = names.emplace(read.manifest.name(), file);
    if (!fresh && !read.manifest.name().empty()) {
      const KeyPlace place = read.places["name"];
      read.mistakes.push_back(
          {file, place.line, place.column,
           "the name '" + read.manifest.name() + "' is taken by " + other->second});
    }
    all.push_back(std::move(read));
  }
  for (ReadManifest& read : all) {
    const std::string& name = read.manifest.name();
    if (const auto other = names.find(ServiceOf(name)); other != names.end()) {
      const KeyPlace place = read.places["name"];
      read.mistakes.push_back(
          {files[static_cast<size_t>(&read - all.data())], place.line, place.column,
           "the name '" + name + "' is one that an instance of '" + other->first + "' (" +
               other->second + ") gets; give the service another"});
    }
  }
  return all;
}

}  // namespace polycall::scheduler
