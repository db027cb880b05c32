#include "instance/log_tail.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace polycall::scheduler {
namespace {
constexpr int64_t kLargestFile = 8 << 20;
constexpr size_t kLongestLine = 16 << 10;
}  // namespace

LogTail::LogTail(EventLoop& loop, const std::string& path,
                 std::function<void(const std::string&)> line)
    : loop_(loop),
      line_(std::move(line)),
      file_(open(path.c_str(), O_RDWR | O_CLOEXEC)),
      notify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (file_ && notify_ && inotify_add_watch(notify_.get(), path.c_str(), IN_MODIFY) >= 0) {
    loop_.Watch(notify_.get(), [this] { Read(); });
  }
  // What was written before the watch, which tells of nothing but what comes after it.
  first_ = loop_.After(std::chrono::nanoseconds(0), [this] { Read(); });
}

LogTail::~LogTail() {
  loop_.Cancel(first_);
  if (notify_) {
    loop_.Forget(notify_.get());
  }
}

void LogTail::Read() {
  char events[4096];
  while (read(notify_.get(), events, sizeof events) > 0) {
  }
  char buffer[8192];
  ssize_t got;
  while ((got = pread(file_.get(), buffer, sizeof buffer, at_)) > 0) {
    at_ += got;
    for (ssize_t i = 0; i < got; ++i) {
      if (buffer[i] == '\n' || partial_.size() >= kLongestLine) {
        line_(partial_);
        partial_.clear();
      }
      if (buffer[i] != '\n') {
        partial_ += buffer[i];
      }
    }
  }
  // The writer appends (O_APPEND), so that it goes on at the new end. What it wrote between the last
  // read and the cut is lost: the price of a bound that the writer knows nothing of.
  if (at_ > kLargestFile && ftruncate(file_.get(), 0) == 0) {
    at_ = 0;
  }
}

void LogTail::ReadAll() {
  Read();
  if (!partial_.empty()) {
    line_(partial_);
    partial_.clear();
  }
}

}  // namespace polycall::scheduler
