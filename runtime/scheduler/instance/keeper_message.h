// What polycalld and its keeper say to each other: packets of "verb name", with a descriptor or none.
//
//   put NAME + fd | drop NAME | all | dismiss      polycalld
//   fd NAME + fd ... end                           the keeper, after "all"
#ifndef POLYCALL_SCHEDULER_INSTANCE_KEEPER_MESSAGE_H_
#define POLYCALL_SCHEDULER_INSTANCE_KEEPER_MESSAGE_H_

#include <sys/un.h>

#include <string>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

struct KeeperMessage {
  std::string verb;
  std::string name;
  UniqueFd fd;
};

// False when the other end has gone (or, with MSG_DONTWAIT, does not read).
bool SendKeeperMessage(int socket, const std::string& verb, const std::string& name, int fd,
                       int flags);
// False at the end.
bool ReceiveKeeperMessage(int socket, KeeperMessage* message);

sockaddr_un KeeperAddress(const std::string& run_folder);

}  // namespace polycall::scheduler

#endif  // POLYCALL_SCHEDULER_INSTANCE_KEEPER_MESSAGE_H_
