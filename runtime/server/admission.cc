#include "server/admission.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>
#include <vector>

#include "call/link.h"
#include "call/message.h"

namespace polycall::server {
namespace {

constexpr int64_t kShortestHintMs = 10;

// A full queue is looked through for calls that have ended not more often than this.
constexpr int64_t kBetweenLooks = base::kMillisecond;

// A call whose turn has come, on its way to a thread.
struct Turn {
  base::Task task;
  Admission::Run run;
  void* context;
  call::Call* call;
  polycall_message request;
};

}  // namespace

base::Status AdmissionOptions::Parse(std::string_view text, AdmissionOptions* options) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string_view digits = equals == word.npos ? "" : word.substr(equals + 1);
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool number = error == std::errc() && end == digits.data() + digits.size();
    if (number && key == "running") {
      options->running = value;
    } else if (number && key == "queue") {
      options->queue = value;
    } else if (number && key == "wait_ms") {
      options->wait_ns = value * base::kMillisecond;
    } else if (number && key == "call_time_ms") {
      options->call_time_ns = value * base::kMillisecond;
    } else {
      return base::InvalidArgument("\"" + std::string(word) +
                                   "\" is not running=, queue=, wait_ms= or call_time_ms= with a "
                                   "number");
    }
  }
  return {};
}

Admission::Admission(const AdmissionOptions& options, base::Reactor* reactor, Run run,
                     void* context)
    : options_(options), reactor_(reactor), run_(run), context_(context) {
  timer_.context = this;
  timer_.fire = [](base::Timer* timer) { static_cast<Admission*>(timer->context)->Expire(); };
}

Admission::~Admission() { reactor_->Cancel(&timer_); }

Admission::Queue* Admission::Longest() {
  Queue* longest = nullptr;
  for (auto& [caller, queue] : queues_) {
    if (longest == nullptr || queue.size() > longest->size()) longest = &queue;
  }
  return longest;
}

int64_t Admission::HintMs(int64_t now) {
  int64_t oldest = now;
  for (auto& [caller, queue] : queues_) oldest = std::min(oldest, queue.front().since);
  return std::max(kShortestHintMs, (now - oldest) / base::kMillisecond);
}

void Admission::End(Waiting* waiting, const base::Status& status, int64_t hint_ms) {
  polycall_message_release(&waiting->request);
  if (hint_ms > 0) {
    call::Metadata trailing;
    trailing.entries.push_back({"retry-after-ms", std::to_string(hint_ms)});
    [[maybe_unused]] const base::Status set = waiting->call->SetTrailingMetadata(trailing);
  }
  waiting->call->Finish(status, nullptr);
}

bool Admission::Enter(call::Call* call, const polycall_message* request) {
  {
    base::MutexLock lock(mutex_);
    if (running_ < options_.running && count_ == 0) {
      ++running_;
      call->queued = true;  // of a handler's call: it is counted as running
      return true;
    }
  }
  Waiting waiting{call, POLYCALL_MESSAGE_INIT, base::NowNs()};
  if (request != nullptr) {
    if (base::Status kept = call::KeepMessage(*request, call->accepts(), &waiting.request);
        !kept.ok()) {
      call->Finish(kept, nullptr);
      return false;
    }
  }
  const std::string caller = call->link() != nullptr ? call->link()->peer() : "";
  Waiting refused{nullptr, POLYCALL_MESSAGE_INIT, 0};
  int64_t hint = 0;
  Waiting now{nullptr, POLYCALL_MESSAGE_INIT, 0};
  std::vector<Waiting> gone;
  {
    base::MutexLock lock(mutex_);
    if (count_ >= options_.queue && waiting.since - looked_ >= kBetweenLooks) {
      looked_ = waiting.since;
      TakeGone(base::NowNs(), &gone);
    }
    hint = HintMs(waiting.since);
    const auto own = queues_.find(caller);
    const size_t own_size = own == queues_.end() ? 0 : own->second.size();
    if (count_ < options_.queue) {
      queues_[caller].push_back(waiting);
      ++count_;
    } else if (Queue* longest = Longest(); longest != nullptr && longest->size() > own_size + 1) {
      refused = longest->back();  // who waits most gives up his newest place
      longest->pop_back();
      queues_[caller].push_back(waiting);
    } else {
      refused = waiting;
    }
    if (running_ < options_.running && TakeNext(&now)) ++running_;
    if (!timer_set_ && count_ > 0) {
      timer_set_ = true;
      reactor_->Schedule(&timer_, base::DeadlineAfter(options_.wait_ns / 8 + base::kMillisecond));
    }
  }
  EndGone(&gone);
  if (refused.call != nullptr) {
    End(&refused,
        base::ResourceExhausted(std::to_string(options_.queue) +
                                " calls wait already; retry after " + std::to_string(hint) + " ms"),
        hint);
  }
  if (now.call != nullptr) {
    now.call->queued = true;
    run_(context_, now.call, now.request);
  }
  return false;
}

void Admission::TakeGone(int64_t now, std::vector<Waiting>* gone) {
  for (auto it = queues_.begin(); it != queues_.end();) {
    Queue& queue = it->second;
    const auto first =
        std::stable_partition(queue.begin(), queue.end(), [now](const Waiting& waiting) {
          // Not asked when its deadline is near: the call would be told that it has passed, under our lock.
          const int64_t deadline = waiting.call->deadline();
          return deadline > now && (deadline - now < kBetweenLooks || !waiting.call->IsCancelled());
        });
    gone->insert(gone->end(), first, queue.end());
    count_ -= static_cast<size_t>(queue.end() - first);
    queue.erase(first, queue.end());
    it = queue.empty() ? queues_.erase(it) : std::next(it);
  }
}

void Admission::EndGone(std::vector<Waiting>* gone) {
  for (Waiting& waiting : *gone) {
    End(&waiting,
        waiting.call->deadline() > base::NowNs()
            ? base::Status(POLYCALL_CANCELLED, "cancelled while it waited for its turn")
            : base::DeadlineExceeded("the deadline passed while the call waited for its turn"),
        0);
  }
}

// The caller after the one whose turn was last.
bool Admission::TakeNext(Waiting* next) {
  if (queues_.empty()) return false;
  auto turn = queues_.upper_bound(last_);
  if (turn == queues_.end()) turn = queues_.begin();
  last_ = turn->first;
  *next = turn->second.front();
  turn->second.pop_front();
  --count_;
  if (turn->second.empty()) queues_.erase(turn);
  return true;
}

void Admission::RunNext(base::Task* task) {
  const std::unique_ptr<Turn> turn(static_cast<Turn*>(task->context));
  turn->run(turn->context, turn->call, turn->request);
}

void Admission::Leave() {
  Waiting next{nullptr, POLYCALL_MESSAGE_INIT, 0};
  {
    base::MutexLock lock(mutex_);
    if (!TakeNext(&next)) {
      --running_;
      return;
    }
  }
  next.call->queued = true;
  // Not here: this thread is in the end of another call.
  auto turn = std::make_unique<Turn>();
  turn->run = run_;
  turn->context = context_;
  turn->call = next.call;
  turn->request = next.request;
  turn->task.run = &Admission::RunNext;
  turn->task.context = turn.get();
  reactor_->Execute(&turn.release()->task);
}

void Admission::Expire() {
  std::vector<Waiting> expired;
  std::vector<Waiting> gone;
  int64_t hint;
  {
    base::MutexLock lock(mutex_);
    const int64_t now = base::NowNs();
    TakeGone(now, &gone);
    hint = HintMs(now);
    for (auto it = queues_.begin(); it != queues_.end();) {
      Queue& queue = it->second;
      while (!queue.empty() && now - queue.front().since >= options_.wait_ns) {
        expired.push_back(queue.front());
        queue.pop_front();
        --count_;
      }
      it = queue.empty() ? queues_.erase(it) : std::next(it);
    }
    timer_set_ = count_ > 0;
    if (timer_set_) {
      reactor_->Schedule(&timer_, base::DeadlineAfter(options_.wait_ns / 8 + base::kMillisecond));
    }
  }
  EndGone(&gone);
  for (Waiting& waiting : expired) {
    End(&waiting,
        base::ResourceExhausted("the call waited " +
                                std::to_string(options_.wait_ns / base::kMillisecond) +
                                " ms for its turn; retry after " + std::to_string(hint) + " ms"),
        hint);
  }
}

void Admission::Refuse(const base::Status& status) {
  std::map<std::string, Queue> queues;
  {
    base::MutexLock lock(mutex_);
    queues.swap(queues_);
    count_ = 0;
  }
  for (auto& [caller, queue] : queues) {
    for (Waiting& waiting : queue) End(&waiting, status, 0);
  }
}

size_t Admission::waiting() {
  base::MutexLock lock(mutex_);
  return count_;
}

}  // namespace polycall::server
