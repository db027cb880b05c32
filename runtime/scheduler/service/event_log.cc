#include "service/event_log.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace polycall::scheduler {
namespace {

using google::protobuf::util::JsonParseOptions;
using google::protobuf::util::JsonStringToMessage;
using google::protobuf::util::MessageToJsonString;

void ReadFile(const std::string& path, std::vector<v1::Event>* events) {
  JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    v1::Event event;
    if (!line.empty() && JsonStringToMessage(line, &event, lenient).ok()) {
      events->push_back(std::move(event));
    }
  }
}

}  // namespace

EventLog::EventLog(std::string path, size_t most_bytes)
    : path_(std::move(path)), most_bytes_(most_bytes) {}

std::vector<v1::Event> EventLog::Read() const {
  std::vector<v1::Event> events;
  ReadFile(path_ + ".old", &events);
  ReadFile(path_, &events);
  return events;
}

Status EventLog::Open() {
  // What instances failed with may show more than everybody should know.
  UniqueFd file(open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) {
    return InternalError("cannot open " + path_ + ": " + std::strerror(errno));
  }
  size_ = static_cast<size_t>(info.st_size);
  char last = '\n';
  if (size_ > 0 && pread(file.get(), &last, 1, info.st_size - 1) == 1 && last != '\n' &&
      write(file.get(), "\n", 1) == 1) {
    ++size_;  // so that half a line spoils itself alone
  }
  file_ = std::move(file);
  return OkStatus();
}

Status EventLog::Append(const v1::Event& event) {
  std::string line;
  if (!MessageToJsonString(event, &line).ok()) {
    return InternalError("an event has no JSON text: " + event.what());
  }
  line += '\n';
  if (!file_) {
    if (Status status = Open(); !status.ok()) return status;
  }
  if (size_ + line.size() > most_bytes_ && size_ > 0) {
    file_.Close();
    if (rename(path_.c_str(), (path_ + ".old").c_str()) != 0) {
      return InternalError("cannot rename " + path_ + ": " + std::strerror(errno));
    }
    if (Status status = Open(); !status.ok()) return status;
  }
  const ssize_t written = write(file_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    const int error = written < 0 ? errno : ENOSPC;
    file_.Close();
    return InternalError("cannot write " + path_ + ": " + std::strerror(error));
  }
  size_ += line.size();
  return OkStatus();
}

}  // namespace polycall::scheduler
