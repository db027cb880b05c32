#include "instance/caller_rights.h"

#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace polycall::scheduler {
namespace {

constexpr char kNobody[] = "UID:65534";

// linux/posix_acl_xattr.h.
struct AclEntry {
  uint16_t tag;
  uint16_t rights;
  uint32_t id;
};
constexpr uint32_t kAclVersion = 2;
constexpr uint16_t kOwner = 0x01, kUser = 0x02, kGroup = 0x04, kMask = 0x10, kOthers = 0x20;
constexpr uint16_t kReadWrite = 6;
constexpr uint32_t kNoId = ~0U;

int64_t Milliseconds(int64_t ns) { return std::max<int64_t>(1, ns / 1'000'000); }

}  // namespace

std::set<uint32_t> UsersOf(const Callers& callers) {
  std::set<uint32_t> users;
  for (const std::string& caller : callers) {
    if (caller.starts_with("UID:")) {
      users.insert(static_cast<uint32_t>(std::strtoul(caller.c_str() + 4, nullptr, 10)));
    }
  }
  return users;
}

Status LetIn(const std::string& socket, const std::set<uint32_t>& users) {
  std::vector<AclEntry> entries = {{kOwner, kReadWrite, kNoId}};
  for (const uint32_t user : users) {
    entries.push_back({kUser, kReadWrite, user});
  }
  entries.push_back({kGroup, 0, kNoId});
  entries.push_back({kMask, kReadWrite, kNoId});
  entries.push_back({kOthers, 0, kNoId});
  std::string value(reinterpret_cast<const char*>(&kAclVersion), sizeof kAclVersion);
  value.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(AclEntry));
  if (setxattr(socket.c_str(), "system.posix_acl_access", value.data(), value.size(), 0) != 0) {
    return FailedPreconditionError("cannot let only some users call " + socket + ": " +
                                   std::strerror(errno) +
                                   "; put the run folder on a file system with access control "
                                   "lists, or leave 'callers' out");
  }
  return OkStatus();
}

std::vector<std::string> AllowedInside(const v1::Manifest& manifest) {
  std::vector<std::string> allowed(manifest.callers().begin(), manifest.callers().end());
  if (!allowed.empty()) {
    const bool outside = manifest.isolation() == v1::PROCESS || manifest.isolation() == v1::INPROC;
    allowed.push_back(outside ? "UID:" + std::to_string(geteuid()) : kNobody);
  }
  return allowed;
}

std::string AdmissionText(const v1::Manifest& manifest) {
  std::string text;
  if (manifest.admission().in_flight() > 0) {
    text = "running=" + std::to_string(manifest.admission().in_flight()) +
           " queue=" + std::to_string(manifest.admission().queue()) +
           " wait_ms=" + std::to_string(Milliseconds(manifest.admission().wait()));
  }
  if (manifest.limits().call_time() > 0) {
    text += (text.empty() ? "" : " ") +
            ("call_time_ms=" + std::to_string(Milliseconds(manifest.limits().call_time())));
  }
  return text;
}

}  // namespace polycall::scheduler
