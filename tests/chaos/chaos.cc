// Instances of a service die at random under load, and whoever calls finds out only what is true: no
// wrong answer, no call lost or hung, every failure a status that says what happened.
//
//   chaos [--seconds N]     a line every 30 s; the last line is "N passed, N failed"
//
// Ends at most two minutes after its time: every call has a deadline.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "daemon.h"

namespace polycall::chaos {
namespace {

using scheduler_test::Daemon;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kBetweenKills(100);
constexpr seconds kBetweenWords(30);
constexpr int kInstances = 3;
// A call that takes so long counts as hung: far beyond any restart.
constexpr seconds kHung(30);

struct Outcome {
  std::atomic<uint64_t> answered{0}, again{0}, wrong{0}, lost{0};
  std::mutex mutex;
  std::map<std::string, uint64_t> untrue;    // guarded by mutex
  std::map<std::string, uint64_t> failures;  // guarded by mutex: true ones, by what was called

  void Failed(const std::string& what, const Status& status) {
    const std::lock_guard lock(mutex);
    // What a killed peer may honestly come to: it is not there, or was not there before the deadline.
    if (status.code() == Code::kUnavailable) {
      ++failures[what];
    } else {
      ++untrue[what + ": " + status.ToString()];
    }
  }
};

// Until `stop`: every number squared, by a call that may be made again, until the answer is there.
void CallAgain(const std::string& target, int seed, const std::atomic<bool>& stop,
               Outcome* outcome) {
  work::v1::Work::Client client(Channel::Create(target).value());
  work::v1::Number request;
  for (int64_t i = seed; !stop; i += 16) {
    request.set_value(i);
    const auto end = Clock::now() + kHung;
    while (true) {
      auto response = client.Square(request, {.timeout = kHung, .wait_for_ready = true});
      if (response.ok()) {
        ++(response->value() == i * i ? outcome->answered : outcome->wrong);
        break;
      }
      if (Clock::now() > end) {
        ++outcome->lost;
        break;
      }
      outcome->Failed("retried", response.status());
      ++outcome->again;
    }
  }
}

// The same with calls that are made once: they may fail, truly.
void CallOnce(const std::string& target, int seed, const std::atomic<bool>& stop,
              Outcome* outcome) {
  work::v1::Work::Client client(Channel::Create(target).value());
  work::v1::Number request;
  for (int64_t i = seed; !stop; i += 16) {
    request.set_value(i);
    const auto begin = Clock::now();
    auto response = client.SquareOnce(request, {.timeout = kHung, .wait_for_ready = true});
    if (response.ok()) {
      ++(response->value() == i * i ? outcome->answered : outcome->wrong);
    } else if (Clock::now() - begin >= kHung) {
      ++outcome->lost;
    } else {
      outcome->Failed("made once", response.status());
    }
  }
}

// Kilobytes of memory that the process has for itself: files that it maps, the libraries among them,
// come in page by page and are no growth.
int64_t MemoryOf(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::atoll(line.c_str() + 8);
  }
  return 0;
}

// In the second half of the time it may grow by what threads' arenas and caches come to, and by so
// little for each kill that nothing can be kept of an instance.
constexpr int64_t kCachesKb = 1024;
constexpr int64_t kBytesPerKill = 200;

class Checks {
 public:
  void Expect(bool holds, const std::string& what) {
    std::cout << (holds ? "ok      " : "FAILED  ") << what << std::endl;
    ++(holds ? passed_ : failed_);
  }
  int Report() const {
    std::cout << passed_ << " passed, " << failed_ << " failed" << std::endl;
    return failed_ == 0 ? 0 : 1;
  }

 private:
  int passed_ = 0, failed_ = 0;
};

int Run(seconds duration) {
  Daemon daemon;
  const char* const isolation = geteuid() == 0 ? "sandbox" : "process";
  daemon.Write("work",
               Daemon::WorkManifest("work", isolation,
                                    "scale: {min: " + std::to_string(kInstances) +
                                        ", max: " + std::to_string(kInstances) +
                                        "}\nlimits: {pids: 256}\n"
                                        "restart: {first_pause: 1 ms, longest_pause: 20 ms, "
                                        "crash_loop_after: 1000}\n"));
  Checks checks;
  if (!daemon.Start() || !daemon.UntilServing("work", kInstances)) {
    std::cout << daemon.Story();
    checks.Expect(false, "polycalld starts the service");
    return checks.Report();
  }
  setenv("POLYCALL_SCHEDULER", ("unix:" + daemon.run_folder() + "/polycalld.sock").c_str(), 1);
  Outcome outcome;
  std::atomic<bool> stop{false};
  std::vector<std::thread> callers;
  const std::array<std::string, 2> targets = {daemon.front_door("work"), "polycall:///work"};
  for (int i = 0; i < 4; ++i) {
    const std::string& target = targets[static_cast<size_t>(i) % targets.size()];
    callers.emplace_back([&, target, i] { CallAgain(target, i, stop, &outcome); });
    callers.emplace_back([&, target, i] { CallOnce(target, i + 4, stop, &outcome); });
  }

  std::mt19937 random(std::random_device{}());
  const auto begin = Clock::now();
  uint64_t kills = 0;
  uint64_t kills_half = 0;
  int64_t memory_half = 0;
  auto tell = begin + kBetweenWords;
  for (auto next = begin; Clock::now() < begin + duration; next += kBetweenKills) {
    std::this_thread::sleep_until(next);
    const auto service = daemon.Describe("work");
    std::vector<pid_t> serving;
    for (const auto& instance : service.instances()) {
      if (instance.state() == scheduler::v1::SERVING) serving.push_back(instance.pid());
    }
    if (!serving.empty()) {
      kill(serving[random() % serving.size()], SIGKILL);
      ++kills;
    }
    if (Clock::now() >= tell) {
      tell += kBetweenWords;
      const auto so_far = std::chrono::duration_cast<seconds>(Clock::now() - begin).count();
      std::cout << so_far << " s: " << kills << " kills, " << outcome.answered << " answered, "
                << outcome.wrong << " wrong, " << outcome.lost << " lost, polycalld "
                << MemoryOf(daemon.pid()) << " kB" << std::endl;
    }
    if (memory_half == 0 && Clock::now() > begin + duration / 2) {
      memory_half = MemoryOf(daemon.pid());
      kills_half = kills;
    }
  }
  const int64_t memory_end = MemoryOf(daemon.pid());
  stop = true;
  // Every call has a deadline: who does not come back hangs for good.
  for (std::thread& caller : callers) caller.join();

  std::cout << isolation << ": " << kills << " kills, " << outcome.answered << " calls answered, "
            << outcome.again << " made again by their caller\n";
  for (const auto& [what, count] : outcome.failures) {
    std::cout << count << " " << what << ": ended UNAVAILABLE\n";
  }
  for (const auto& [what, count] : outcome.untrue) {
    std::cout << count << " " << what << "\n";
  }
  checks.Expect(outcome.answered > 0 && outcome.wrong == 0, "no wrong answer");
  checks.Expect(outcome.lost == 0, "no call lost or hung");
  checks.Expect(outcome.untrue.empty(), "every failure is a true status");
  checks.Expect(kills * kBetweenKills >= duration / 4, "instances die and come back");
  const auto kills_since = static_cast<int64_t>(kills - kills_half);
  checks.Expect(
      memory_half > 0 && memory_end <= memory_half + kCachesKb + kills_since * kBytesPerKill / 1024,
      "polycalld's memory stays flat: " + std::to_string(memory_half) + " kB, and " +
          std::to_string(memory_end) + " kB after " + std::to_string(kills_since) + " more kills");
  checks.Expect(daemon.UntilServing("work", kInstances) && daemon.Stop() == 0,
                "the service is whole afterwards, and ends");
  return checks.Report();
}

}  // namespace
}  // namespace polycall::chaos

int main(int argc, char** argv) {
  int seconds = 120;
  if (argc == 3 && std::strcmp(argv[1], "--seconds") == 0) {
    seconds = std::max(1, std::atoi(argv[2]));
  } else if (argc != 1) {
    std::cerr << "usage: chaos [--seconds N]\n";
    return 2;
  }
  return polycall::chaos::Run(std::chrono::seconds(seconds));
}
