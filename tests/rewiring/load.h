// Calls from several threads, blocking and by callback, each with a number of its own.
#ifndef POLYCALL_TESTS_REWIRING_LOAD_H_
#define POLYCALL_TESTS_REWIRING_LOAD_H_

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "counting_server.h"
#include "polycall/polycall.h"

namespace polycall::rewiring {

// Sanitizers make everything ten times slower, and find nothing more in more calls.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t kManyCalls = 150;
#else
inline constexpr uint64_t kManyCalls = 2000;
#endif

// A channel for tests, freed at the end.
class Channel {
 public:
  struct Options {
    std::vector<const char*> transports = {};
    polycall_balancing balancing = POLYCALL_BALANCING_DEFAULT;
    int64_t rewire_interval_ns = 10'000'000;
    int64_t hedging_delay_ns = 0;
    uint32_t max_attempts = 0;
  };
  Channel(const std::string& target, Options options);
  explicit Channel(const std::string& target) : Channel(target, Options()) {}
  ~Channel() { polycall_channel_free(channel_); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  polycall_channel* get() const { return channel_; }
  const polycall_method* method() const { return method_; }
  std::string transport() const;
  std::string Explain() const;
  // Of a channel whose target names a resolver: connects, until so many addresses are connected.
  void AwaitConnected(size_t addresses) const;
  // One call, waiting for ready, at most a minute: the name of the server that answered, or the error.
  std::string Ask(uint32_t flags = POLYCALL_CALL_WAIT_FOR_READY) const;

 private:
  polycall_channel* channel_;
  const polycall_method* method_;
};

// Runs from construction to Stop.
class Load {
 public:
  Load(Channel* channel, Ledger* ledger, uint32_t call_flags = 0);
  ~Load() { Stop(); }
  // Waits for so many more calls to end.
  void Await(uint64_t calls);
  // Waits until a call is answered by the server of that name, which was begun after this.
  void AwaitAnswerOf(const std::string& name);
  // Ends, and expects that every call was answered.
  void ExpectNoFailure();
  // The same, and that every call was seen by exactly one server of this process, once.
  void ExpectAllAnswered();

 private:
  struct Async;
  void Stop();
  void Run(size_t thread);
  void StartAsync();
  void Ended(uint64_t number, const polycall_unary& unary);

  Channel* const channel_;
  Ledger* const ledger_;
  const uint32_t flags_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> next_{1};
  std::atomic<uint64_t> ended_{0};
  std::atomic<int> async_live_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::map<std::string, uint64_t> answers_;  // the greatest number that each server answered
  std::vector<std::thread> threads_;
};

}  // namespace polycall::rewiring

#endif  // POLYCALL_TESTS_REWIRING_LOAD_H_
