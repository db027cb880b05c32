#include "control/roles.h"

#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <sstream>

namespace polycall::scheduler {
namespace {

// The number behind the last ",key=" of `text`.
template <typename Number>
std::optional<Number> NumberAfter(const std::string& text, const std::string& key) {
  const size_t at = text.rfind("," + key + "=");
  if (at == std::string::npos) {
    return std::nullopt;
  }
  Number number{};
  const char* const begin = text.data() + at + key.size() + 2;
  if (std::from_chars(begin, text.data() + text.size(), number).ec != std::errc()) {
    return std::nullopt;
  }
  return number;
}

void AddMembers(const std::string& name, std::set<uint32_t>* users) {
  if (const group* found = getgrnam(name.c_str())) {
    for (char** member = found->gr_mem; *member != nullptr; ++member) {
      if (const passwd* user = getpwnam(*member)) {
        users->insert(user->pw_uid);
      }
    }
  }
}

}  // namespace

const char* RoleName(Role role) {
  switch (role) {
    case Role::kAdmin:
      return "admin";
    case Role::kOperator:
      return "operator";
    case Role::kViewer:
      return "viewer";
    case Role::kNone:
      break;
  }
  return "nobody";
}

Peer Peer::Of(const std::string& text) {
  Peer peer{.text = text, .pid = 0, .uid = std::nullopt};
  // Shared memory is an upgrade of a unix connection, whose peer stays the kernel's word.
  if (text.starts_with("unix:") || text.starts_with("shm:")) {
    peer.pid = NumberAfter<int32_t>(text, "pid").value_or(0);
    peer.uid = NumberAfter<uint32_t>(text, "uid");
  }
  return peer;
}

Role Roles::Of(const Peer& peer) const {
  if (peer.uid && (*peer.uid == 0 || *peer.uid == own_uid)) {
    return Role::kAdmin;
  }
  if (peer.uid && operators.contains(*peer.uid)) {
    return Role::kOperator;
  }
  return !viewers || (peer.uid && viewers->contains(*peer.uid)) ? Role::kViewer : Role::kNone;
}

Status Roles::Check(const std::string& peer_text, Role needed, const char* method) const {
  const Peer peer = Peer::Of(peer_text);
  const Role role = Of(peer);
  if (role >= needed) {
    return OkStatus();
  }
  const std::string who =
      peer.uid ? "user " + std::to_string(*peer.uid) : "a caller without a known user";
  const char* const how =
      needed == Role::kAdmin      ? "admins are root and the user that polycalld runs as"
      : needed == Role::kOperator ? "polycalld's option --operators names operators"
                                  : "polycalld's option --viewers names viewers";
  return PermissionDeniedError(std::string(method) + " is for the role " + RoleName(needed) + "; " +
                               who + " is " + RoleName(role) + ". " + how);
}

StatusOr<std::set<uint32_t>> ParseUsers(const std::string& text) {
  std::set<uint32_t> users;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    uint32_t uid = 0;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), uid);
    if (end.ec == std::errc() && end.ptr == word.data() + word.size()) {
      users.insert(uid);
    } else if (word.starts_with('@')) {
      AddMembers(word.substr(1), &users);
    } else if (const passwd* user = getpwnam(word.c_str())) {
      users.insert(user->pw_uid);
    } else {
      return InvalidArgumentError("there is no user '" + word +
                                  "'; give numbers, names of users, or @GROUP, with commas");
    }
  }
  return users;
}

}  // namespace polycall::scheduler
