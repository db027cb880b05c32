#include "service/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sandbox/unique_fd.h"

namespace polycall::scheduler {

Status WriteState(const std::string& folder, const v1::SavedService& state) {
  const std::string path = folder + "/" + state.manifest().name();
  const std::string fresh = path + ".new";
  const std::string bytes = state.SerializeAsString();
  // The secrets of a manifest's environment are nobody else's.
  const UniqueFd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file ||
      write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
      rename(fresh.c_str(), path.c_str()) != 0) {
    return InternalError("cannot write " + path + ": " + std::strerror(errno));
  }
  return OkStatus();
}

void RemoveState(const std::string& folder, const std::string& service) {
  unlink((folder + "/" + service).c_str());
}

std::vector<v1::SavedService> ReadStates(const std::string& folder) {
  std::vector<v1::SavedService> states;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().has_extension()) {
      continue;  // half written, or the events: no service has a dot in its name
    }
    std::ifstream file(entry.path(), std::ios::binary);
    v1::SavedService state;
    if (state.ParseFromIstream(&file) && state.manifest().name() == entry.path().filename()) {
      states.push_back(std::move(state));
    }
  }
  return states;
}

}  // namespace polycall::scheduler
