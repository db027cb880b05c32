// config.json, as the OCI runtime specification 1.0 has it.
#include <cstdio>

#include "sandbox/oci.h"
#include "sandbox/seccomp_lists.h"

namespace polycall::scheduler {
namespace {

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

template <typename List>
std::string Join(const List& list) {
  std::string joined;
  for (const auto& each : list) {
    joined += (joined.empty() ? "" : ",") + Quote(each);
  }
  return "[" + joined + "]";
}

std::string Mount(const std::string& target, const std::string& type, const std::string& source,
                  const std::vector<std::string>& options) {
  return "{\"destination\":" + Quote(target) + ",\"type\":" + Quote(type) +
         ",\"source\":" + Quote(source) + ",\"options\":" + Join(options) + "}";
}

std::string Mounts(const SandboxSpec& spec) {
  std::string mounts =
      Mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}) + "," +
      Mount("/dev", "tmpfs", "tmpfs", {"nosuid", "mode=755", "size=64k"}) + "," +
      Mount("/tmp", "tmpfs", "tmpfs",
            {"nosuid", "nodev", "mode=1777", "size=" + std::to_string(spec.tmp_size)});
  for (const Bind& bind : spec.binds) {
    mounts += "," + Mount(bind.target, "bind", bind.source,
                          {"rbind", "nosuid", "nodev", bind.writable ? "rw" : "ro"});
  }
  return "[" + mounts + "]";
}

// As in a sandbox: inside 0 sets up, and is nobody of importance outside.
std::string Mapping(uint32_t inside, uint32_t outside) {
  const auto one = [](uint32_t in, uint32_t out) {
    return "{\"containerID\":" + std::to_string(in) + ",\"hostID\":" + std::to_string(out) +
           ",\"size\":1}";
  };
  return "[" + one(inside, outside) + "," + one(0, outside + 1) + "]";
}

std::string Resources(const CgroupLimits& limits) {
  std::string resources;
  if (limits.memory > 0) {
    const std::string bytes = std::to_string(limits.memory);
    resources += ",\"memory\":{\"limit\":" + bytes + ",\"swap\":" + bytes + "}";
  }
  if (limits.cpu > 0) {
    constexpr int64_t kPeriodUs = 100'000;
    resources += ",\"cpu\":{\"period\":" + std::to_string(kPeriodUs) +
                 ",\"quota\":" + std::to_string(static_cast<int64_t>(limits.cpu * kPeriodUs)) + "}";
  }
  if (limits.pids > 0) {
    resources += ",\"pids\":{\"limit\":" + std::to_string(limits.pids) + "}";
  }
  return "{" + (resources.empty() ? "" : resources.substr(1)) + "}";
}

std::string Seccomp(const std::string& language) {
  std::vector<std::string> names(std::begin(kCommonCalls), std::end(kCommonCalls));
  const auto own = CallsOf(language);
  names.insert(names.end(), own.begin(), own.end());
  // The same as sandbox/seccomp.cc: no namespaces by clone(), and no clone3(), whose flags cannot be
  // seen.
  constexpr unsigned kNamespaces = 0x7E020080;
  return "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":" + Join(names) +
         ",\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\","
         "\"args\":[{\"index\":0,\"value\":" +
         std::to_string(kNamespaces) +
         ",\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},{\"names\":[\"clone3\"],"
         "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":38}]}";
}

}  // namespace

std::string OciConfig(const SandboxSpec& spec, const Container& container) {
  const std::string files = std::to_string(spec.open_files);
  std::string namespaces;
  for (const char* name : {"pid", "ipc", "uts", "mount", "user", "cgroup", "network"}) {
    if (std::string_view(name) == "network" && spec.host_network) continue;
    namespaces += (namespaces.empty() ? "" : ",") + ("{\"type\":" + Quote(name) + "}");
  }
  return "{\"ociVersion\":\"1.0.2\",\"process\":{\"terminal\":false,\"user\":{\"uid\":" +
         std::to_string(spec.uid) + ",\"gid\":" + std::to_string(spec.gid) +
         "},\"args\":" + Join(spec.argv) + ",\"env\":" + Join(spec.environment) +
         ",\"cwd\":" + Quote(spec.directory) +
         ",\"capabilities\":{},\"noNewPrivileges\":true,\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\","
         "\"hard\":" +
         files + ",\"soft\":" + files + "},{\"type\":\"RLIMIT_CORE\",\"hard\":0,\"soft\":0}]}" +
         ",\"root\":{\"path\":" + Quote(spec.rootfs) +
         ",\"readonly\":true},\"hostname\":" + Quote(spec.hostname) +
         ",\"mounts\":" + Mounts(spec) + ",\"linux\":{\"namespaces\":[" + namespaces +
         "],\"uidMappings\":" + Mapping(spec.uid, spec.host_uid) +
         ",\"gidMappings\":" + Mapping(spec.gid, spec.host_gid) +
         ",\"cgroupsPath\":" + Quote(container.cgroup) +
         ",\"resources\":" + Resources(container.limits) +
         ",\"maskedPaths\":[\"/proc/kcore\",\"/proc/keys\",\"/proc/timer_list\","
         "\"/proc/sysrq-trigger\",\"/proc/scsi\",\"/sys/firmware\"],\"readonlyPaths\":[\"/proc/"
         "sys\","
         "\"/proc/irq\",\"/proc/bus\",\"/proc/fs\"],\"seccomp\":" +
         Seccomp(container.language) + "}}\n";
}

}  // namespace polycall::scheduler
