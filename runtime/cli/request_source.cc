#include "request_source.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "failure.h"

namespace polycall::cli {
namespace {

constexpr size_t kMaxPending = 64 << 20;  // a line longer than any message may be

[[noreturn]] void CannotRead() {
  throw Failure(ExitCode::kFailure, std::string("cannot read standard input: ") + strerror(errno));
}

// Appends what there is. False at the end.
bool ReadSome(std::string* out) {
  char bytes[65536];
  ssize_t got;
  do {
    got = read(STDIN_FILENO, bytes, sizeof(bytes));
  } while (got < 0 && errno == EINTR);
  if (got < 0) CannotRead();
  out->append(bytes, static_cast<size_t>(got));
  return got > 0;
}

bool IsBlank(const std::string& line) {
  return line.find_first_not_of(" \t\r") == std::string::npos;
}

}  // namespace

std::string ReadStandardInput() {
  std::string text;
  while (ReadSome(&text)) {
    if (text.size() > kMaxPending) {
      throw Failure(ExitCode::kBadInput, "standard input: more than 64 MiB for one message");
    }
  }
  return text;
}

RequestSource::RequestSource(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)),
      from_input_(arguments_.empty() || (arguments_.size() == 1 && arguments_[0] == "-")),
      stop_event_(eventfd(0, EFD_CLOEXEC)) {
  if (stop_event_ < 0) throw Failure(ExitCode::kFailure, "no file descriptor left (eventfd)");
}

RequestSource::~RequestSource() { close(stop_event_); }

void RequestSource::Stop() {
  const uint64_t one = 1;
  // Cannot fail: the counter is far from its end.
  [[maybe_unused]] const ssize_t wrote = write(stop_event_, &one, sizeof(one));
}

std::optional<RequestText> RequestSource::Next() {
  if (from_input_) return NextLine();
  if (given_ == arguments_.size()) return std::nullopt;
  const std::string what =
      arguments_.size() == 1 ? "the request" : "request " + std::to_string(given_ + 1);
  return RequestText{arguments_[given_++], what};
}

// Waits for input or Stop(). False when there will be no more.
bool RequestSource::Fill() {
  pollfd wait[] = {{STDIN_FILENO, POLLIN, 0}, {stop_event_, POLLIN, 0}};
  while (poll(wait, 2, -1) < 0) {
    if (errno != EINTR) CannotRead();
  }
  if (wait[1].revents != 0) {
    pending_.clear();
    return false;
  }
  if (pending_.size() > kMaxPending) {
    throw Failure(ExitCode::kBadInput,
                  "standard input: line " + std::to_string(line_ + 1) + " is longer than 64 MiB");
  }
  return ReadSome(&pending_);
}

std::optional<RequestText> RequestSource::NextLine() {
  for (;;) {
    size_t end = pending_.find('\n');
    while (end == std::string::npos && !at_end_) {
      at_end_ = !Fill();
      end = pending_.find('\n');
    }
    if (end == std::string::npos && pending_.empty()) return std::nullopt;
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end == std::string::npos ? end : end + 1);
    ++line_;
    if (!IsBlank(line)) {
      return RequestText{std::move(line),
                         "standard input, message on line " + std::to_string(line_)};
    }
  }
}

}  // namespace polycall::cli
