// file:///path: a target in each line, best first. The file is watched, also for one that is renamed
// into its place.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "base/clock.h"
#include "base/fork.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/reactor.h"
#include "base/ref.h"
#include "negotiation/background.h"
#include "negotiation/resolvers.h"
#include "negotiation/teller.h"

namespace polycall::negotiation {
namespace {

constexpr size_t kMaxFile = 1u << 20;
// Where the folder cannot be watched the file is looked at this often.
constexpr int64_t kWithoutWatch = base::kSecond;

base::Status ReadFile(const std::string& path, std::string* out) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return base::Unavailable(base::ErrnoText("cannot read the targets in " + path, errno));
  }
  char chunk[16 * 1024];
  base::Status status;
  for (;;) {
    const ssize_t got = read(fd, chunk, sizeof(chunk));
    if (got == 0) break;
    if (got < 0) {
      if (errno == EINTR) continue;
      status = base::Unavailable(base::ErrnoText("cannot read the targets in " + path, errno));
      break;
    }
    out->append(chunk, static_cast<size_t>(got));
    if (out->size() > kMaxFile) {
      status = base::ResourceExhausted("the file of targets " + path + " is larger than 1 MiB");
      break;
    }
  }
  close(fd);
  return status;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// What can be read of the lines. One that is no target costs only itself.
Resolution ParseLines(const std::string& path, std::string_view text) {
  Resolution resolution;
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    const std::string_view entry = Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (entry.empty() || entry.starts_with('#')) continue;
    Address address;
    base::Status status = MakeAddress(entry, &address);
    const auto same = [&](const Address& other) { return other.text == address.text; };
    if (status.ok() &&
        std::any_of(resolution.addresses.begin(), resolution.addresses.end(), same)) {
      status = base::InvalidArgument("\"" + address.text + "\" stands there twice");
    }
    if (status.ok()) {
      resolution.addresses.push_back(std::move(address));
    } else {
      POLYCALL_LOG(POLYCALL_LOG_WARNING,
                   path + ":" + std::to_string(line) +
                       ": the line is skipped: " + std::string(status.message()));
    }
  }
  if (resolution.addresses.empty()) {
    resolution.unavailable = "the file " + path + " names no target; write one in each line";
  }
  return resolution;
}

struct State {
  std::string path;
  Teller teller;
  std::atomic<bool> watched{false};

  base::Mutex reading;  // so that what was read last is told last

  void Read() {
    base::MutexLock lock(reading);
    std::string text;
    if (base::Status status = ReadFile(path, &text); !status.ok()) {
      POLYCALL_LOG(POLYCALL_LOG_INFO, status.message());
      teller.TellError(status);
    } else {
      teller.Tell(ParseLines(path, text));
    }
  }
};

// The inotify descriptor on the file's folder. Whatever happens there, the file is read again: that
// also covers names that lead to it through links in the folder.
class FolderWatch final : public base::Source, public base::RefCounted<FolderWatch> {
 public:
  FolderWatch(int fd, std::shared_ptr<Background> work) : fd_(fd), work_(std::move(work)) {
    base::TrackFd(fd_);
  }
  void Open() {
    Retain();  // the reactor's
    base::Reactor::Global().Start();
    base::Reactor::Global().Add(this, fd_, EPOLLIN);
  }
  void Close() { base::Reactor::Global().Remove(this, fd_); }
  void OnReady(uint32_t) override {
    alignas(inotify_event) char events[4096];
    while (read(fd_, events, sizeof(events)) > 0) {
    }
    work_->RunSoon();
  }
  void ReleaseSource() override { Release(); }
  void Destroy() {
    base::CloseTracked(fd_);
    delete this;
  }

 private:
  const int fd_;
  const std::shared_ptr<Background> work_;
};

class FileResolver final : public Resolver {
 public:
  explicit FileResolver(std::string path) : state_(std::make_shared<State>()) {
    state_->path = std::move(path);
    work_ = std::make_shared<Background>([state = state_] {
      state->Read();
      return state->watched ? base::kNever : base::DeadlineAfter(kWithoutWatch);
    });
  }
  ~FileResolver() override { FileResolver::Stop(); }

  void Start(Listener* listener) override {
    state_->teller.Start(listener);
    const std::string folder = state_->path.substr(0, std::max<size_t>(1, state_->path.rfind('/')));
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    // Watched before the first read, so that no change falls between them.
    if (fd >= 0 && inotify_add_watch(fd, folder.c_str(),
                                     IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE |
                                         IN_MOVED_FROM | IN_MODIFY) >= 0) {
      watch_ = base::Ref<FolderWatch>::Adopt(new FolderWatch(fd, work_));
      state_->watched = true;
      watch_->Open();
    } else {
      POLYCALL_LOG(POLYCALL_LOG_INFO, base::ErrnoText("cannot watch " + folder, errno) +
                                          "; its file of targets is read every second");
      if (fd >= 0) close(fd);
    }
    state_->Read();  // at once: a file costs no round trip
    if (!state_->watched) work_->RunAt(base::DeadlineAfter(kWithoutWatch));
  }
  void Stop() override {
    state_->teller.Stop();
    if (watch_) watch_->Close();
    watch_ = nullptr;
    work_->Stop();
  }
  void Refresh() override {}

 private:
  const std::shared_ptr<State> state_;
  std::shared_ptr<Background> work_;
  base::Ref<FolderWatch> watch_;
};

}  // namespace

base::Status MakeFileResolver(std::string_view rest, const ResolverContext&,
                              std::unique_ptr<Resolver>* out) {
  if (rest.empty() || rest.ends_with('/')) {
    return base::InvalidArgument("it names no file; write file:///path/to/file");
  }
  *out = std::make_unique<FileResolver>("/" + std::string(rest));
  return {};
}

}  // namespace polycall::negotiation
