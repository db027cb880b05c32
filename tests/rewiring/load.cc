#include "load.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace polycall::rewiring {
namespace {

constexpr int kThreads = 2;
constexpr int kAsync = 4;  // chains of calls by callback

polycall_message NumberMessage(const uint64_t& number) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = &number;
  message.size = sizeof(number);
  return message;
}

}  // namespace

Channel::Channel(const std::string& target, Options options) {
  polycall_channel_options abi = POLYCALL_CHANNEL_OPTIONS_INIT;
  options.transports.push_back(nullptr);
  if (options.transports.size() > 1) abi.transports = options.transports.data();
  abi.balancing = options.balancing;
  abi.rewire_interval_ns = options.rewire_interval_ns;
  abi.hedging_delay_ns = options.hedging_delay_ns;
  abi.max_attempts = options.max_attempts;
  abi.initial_backoff_ns = 5'000'000;
  abi.max_backoff_ns = 50'000'000;
  polycall_status status = POLYCALL_STATUS_INIT;
  channel_ = polycall_channel_new(target.c_str(), &abi, &status);
  EXPECT_NE(channel_, nullptr) << status.message;
  polycall_status_clear(&status);
  method_ = polycall_channel_method(channel_, kServiceName, CountMethod());
}

std::string Channel::transport() const {
  const char* name = polycall_channel_transport(channel_);
  return name != nullptr ? name : "";
}

std::string Channel::Explain() const {
  char* json = polycall_channel_explain(channel_);
  std::string copy = json;
  polycall_string_free(json);
  return copy;
}

void Channel::AwaitConnected(size_t addresses) const {
  polycall_status status = POLYCALL_STATUS_INIT;
  EXPECT_EQ(polycall_channel_wait_ready(channel_, int64_t{60} * 1'000'000'000, &status),
            POLYCALL_OK)
      << status.message;
  polycall_status_clear(&status);
  EXPECT_TRUE(Eventually([&] {
    const std::string json = Explain();
    size_t connected = 0;
    size_t at = json.find("\"resolver\":");
    while ((at = json.find("\"transport\":\"", at)) != std::string::npos) {
      ++connected;
      ++at;
    }
    return connected >= addresses;
  })) << Explain();
}

std::string Channel::Ask(uint32_t flags) const {
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = flags;
  options.timeout_ns = int64_t{60} * 1'000'000'000;
  const uint64_t number = 0;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = method_;
  unary.options = &options;
  unary.request = NumberMessage(number);
  polycall_unary_call(channel_, &unary);
  std::string answer =
      unary.status.code == POLYCALL_OK
          ? std::string(static_cast<const char*>(unary.response.data), unary.response.size)
          : std::string(polycall_code_name(unary.status.code)) + ": " + unary.status.message;
  polycall_message_release(&unary.response);
  polycall_status_clear(&unary.status);
  return answer;
}

struct Load::Async {
  Load* load;
  uint64_t number;
};

Load::Load(Channel* channel, Ledger* ledger, uint32_t call_flags)
    : channel_(channel), ledger_(ledger), flags_(call_flags) {
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this, i] { Run(static_cast<size_t>(i)); });
  }
  for (int i = 0; i < kAsync; ++i) {
    ++async_live_;
    StartAsync();
  }
}

void Load::Run(size_t thread) {
  while (!stop_) {
    const uint64_t number = next_.fetch_add(1);
    polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
    options.flags = flags_;
    // One thread takes the way of plain calls, the other that of calls with a deadline.
    if (thread == 1) options.timeout_ns = int64_t{90} * 1'000'000'000;
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = channel_->method();
    unary.options = &options;
    unary.request = NumberMessage(number);
    polycall_unary_call(channel_->get(), &unary);
    Ended(number, unary);
    polycall_message_release(&unary.response);
    polycall_status_clear(&unary.status);
  }
}

void Load::StartAsync() {
  if (stop_) {
    --async_live_;
    return;
  }
  const uint64_t number = next_.fetch_add(1);
  polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
  options.flags = flags_;
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = channel_->method();
  unary.options = &options;
  unary.request = NumberMessage(number);
  polycall_unary_call_async(
      channel_->get(), &unary,
      [](void* arg, polycall_unary* ended) {
        const std::unique_ptr<Async> async(static_cast<Async*>(arg));
        async->load->Ended(async->number, *ended);
        async->load->StartAsync();
      },
      new Async{this, number}, nullptr);
}

void Load::Ended(uint64_t number, const polycall_unary& unary) {
  {
    const std::lock_guard lock(mutex_);
    if (unary.status.code == POLYCALL_OK) {
      uint64_t& last =
          answers_[std::string(static_cast<const char*>(unary.response.data), unary.response.size)];
      last = std::max(last, number);
    } else {
      failures_.push_back("call " + std::to_string(number) + ": " +
                          polycall_code_name(unary.status.code) + ": " + unary.status.message);
    }
  }
  ended_.fetch_add(1);
}

void Load::Await(uint64_t calls) {
  const uint64_t until = ended_.load() + calls;
  EXPECT_TRUE(Eventually([&] { return ended_.load() >= until; })) << "calls hang";
}

void Load::AwaitAnswerOf(const std::string& name) {
  const uint64_t after = next_.load();
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex_);
    return answers_[name] >= after;
  })) << "no call was answered by "
      << name << "; the channel says " << channel_->Explain();
}

void Load::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  EXPECT_TRUE(Eventually([&] { return async_live_.load() == 0; })) << "calls by callback hang";
}

void Load::ExpectNoFailure() {
  Stop();
  EXPECT_EQ(failures_.size(), 0u) << "the first: " << failures_.front();
  EXPECT_EQ(ended_.load(), next_.load() - 1);
}

void Load::ExpectAllAnswered() {
  ExpectNoFailure();
  uint64_t lost = 0, twice = 0;
  for (uint64_t number = 1; number < next_.load(); ++number) {
    const int times = ledger_->times(number);
    if (times == 0) ++lost;
    if (times > 1) ++twice;
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(twice, 0u);
}

}  // namespace polycall::rewiring
