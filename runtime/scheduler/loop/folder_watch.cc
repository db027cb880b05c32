#include "loop/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace polycall::scheduler {
namespace {
constexpr std::chrono::milliseconds kQuiet(200);
}  // namespace

FolderWatch::FolderWatch(EventLoop& loop, const std::string& folder, std::function<void()> changed)
    : loop_(loop), changed_(std::move(changed)), notify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  constexpr uint32_t kChanges =
      IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;
  if (!notify_ || inotify_add_watch(notify_.get(), folder.c_str(), kChanges) < 0) {
    return;  // SIGHUP is left
  }
  loop_.Watch(notify_.get(), [this] {
    char events[4096];
    while (read(notify_.get(), events, sizeof events) > 0) {
    }
    loop_.Cancel(quiet_);
    quiet_ = loop_.After(kQuiet, [this] {
      quiet_ = 0;
      changed_();
    });
  });
}

FolderWatch::~FolderWatch() {
  loop_.Cancel(quiet_);
  if (notify_) {
    loop_.Forget(notify_.get());
  }
}

}  // namespace polycall::scheduler
