// Who may do what, by the user that the kernel vouches for.
#ifndef POLYCALL_SCHEDULER_CONTROL_ROLES_H_
#define POLYCALL_SCHEDULER_CONTROL_ROLES_H_

#include <polycall/status_or.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace polycall::scheduler {

enum class Role { kNone, kViewer, kOperator, kAdmin };

// "viewer", "operator", "admin"; "nobody".
const char* RoleName(Role role);

// What a server says of its peer: "unix:/run/x.sock,pid=12,uid=1000". Other transports name no user.
struct Peer {
  std::string text;
  int32_t pid = 0;
  std::optional<uint32_t> uid;

  static Peer Of(const std::string& text);
};

// Root and polycalld's own user are admins.
struct Roles {
  uint32_t own_uid = 0;
  std::set<uint32_t> operators;
  // Who else may look. Absent: everybody.
  std::optional<std::set<uint32_t>> viewers;

  Role Of(const Peer& peer) const;

  // OK, or PERMISSION_DENIED that says what is missing and who can give it.
  Status Check(const std::string& peer, Role needed, const char* method) const;
};

// "1000,alice,@polycall": numbers, users' names, and groups' members. A group that does not exist has
// none; a user that does not exist is INVALID_ARGUMENT.
StatusOr<std::set<uint32_t>> ParseUsers(const std::string& text);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_CONTROL_ROLES_H_
