// Calls a ledger steadily while its channel is moved:  ledger_load TARGET RATE
//
// Four threads enter RATE different numbers in a second, until standard input ends. Whenever calls begin to
// take another transport, prints "now TRANSPORT". At the end prints "calls N failed N", then for each
// transport "over TRANSPORT calls N p50 NS p99 NS". The numbers are 0 to N-1.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "paths.polycall.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kThreads = 4;

class Load {
 public:
  Load(std::shared_ptr<polycall::Channel> channel, double rate)
      : channel_(std::move(channel)), interval_(kThreads / rate) {}

  void Run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) threads.emplace_back([this] { Work(); });
    char ignored;
    while (read(STDIN_FILENO, &ignored, 1) > 0) {
    }
    stop_ = true;
    for (std::thread& thread : threads) thread.join();
  }

  void Report() {
    std::cout << "calls " << next_ << " failed " << failed_ << "\n";
    for (auto& [transport, times] : times_) {
      std::sort(times.begin(), times.end());
      std::cout << "over " << transport << " calls " << times.size() << " p50 "
                << times[times.size() / 2].count() << " p99 "
                << times[times.size() * 99 / 100].count() << "\n";
    }
  }

 private:
  void Work() {
    paths::v1::Ledger::Client ledger(channel_);
    paths::v1::Entry entry;
    paths::v1::Receipt receipt;
    auto due = Clock::now();
    while (!stop_) {
      due += std::chrono::duration_cast<Clock::duration>(interval_);
      std::this_thread::sleep_until(due);
      entry.set_number(next_++);
      const auto start = Clock::now();
      const polycall::Status status =
          ledger.Enter(entry, &receipt, {.timeout = std::chrono::seconds(10)});
      const std::chrono::nanoseconds took = Clock::now() - start;
      const std::lock_guard lock(mutex_);
      if (!status.ok()) {
        ++failed_;
        std::cerr << "ledger_load: " << status.ToString() << "\n";
        continue;
      }
      times_[receipt.transport()].push_back(took);
      // A call that was under way while another told of a move may end over the old path after it: only
      // one that began since says where the channel is now.
      if (receipt.transport() != last_ && start > told_) {
        last_ = receipt.transport();
        told_ = Clock::now();
        std::cout << "now " << last_ << std::endl;
      }
    }
  }

  const std::shared_ptr<polycall::Channel> channel_;
  const std::chrono::duration<double> interval_;
  std::atomic<int64_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  int64_t failed_ = 0;  // guarded by mutex_, as what follows
  std::string last_;
  Clock::time_point told_;  // when last_ was printed
  std::map<std::string, std::vector<std::chrono::nanoseconds>> times_;
};

}  // namespace

int main(int argc, char** argv) {
  const double rate = argc == 3 ? std::atof(argv[2]) : 0;
  if (rate < 1 || rate > 100000) {
    std::cerr << "write: ledger_load TARGET RATE, with a rate of 1 to 100000 calls a second\n";
    return 2;
  }
  auto channel = polycall::Channel::Create(argv[1]);
  if (!channel.ok()) {
    std::cerr << "ledger_load: " << channel.status().ToString() << "\n";
    return 2;
  }
  Load load(*channel, rate);
  load.Run();
  load.Report();
  return 0;
}
