// Helpers of the C++ client's cases.
#include <thread>

#include "client.h"

namespace interop {

void Expect(bool condition, std::string_view what) {
  if (!condition) throw CaseFailed("expected " + std::string(what));
}

void ExpectNumber(int64_t expected, int64_t actual, std::string_view what) {
  if (expected == actual) return;
  throw CaseFailed("expected " + std::to_string(expected) + " from " + std::string(what) +
                   ", found " + std::to_string(actual));
}

void ExpectCode(polycall::Code expected, const polycall::Status& actual, std::string_view what) {
  if (actual.code() == expected) return;
  throw CaseFailed("expected " + std::string(polycall_code_name(static_cast<int>(expected))) +
                   " from " + std::string(what) + ", found " + actual.ToString());
}

grpc::testing::Payload NewPayload(int size) {
  grpc::testing::Payload payload;
  payload.set_body(std::string(size, '\0'));
  return payload;
}

void CallLargeUnary(grpc::testing::TestService::Client& client) {
  grpc::testing::SimpleRequest request;
  request.set_response_size(314159);
  *request.mutable_payload() = NewPayload(271828);
  grpc::testing::SimpleResponse response = ExpectOk(client.UnaryCall(request), "UnaryCall");
  ExpectNumber(314159, response.payload().body().size(), "the response's body");
  Expect(response.payload().body() == std::string(314159, '\0'), "a body of zeros");
}

void CallEmpty(Context& context) {
  ExpectOk(context.test.EmptyCall(grpc::testing::Empty()), "EmptyCall");
}

polycall::testing::Counters GetCounters(Context& context, const std::string& key) {
  polycall::testing::CountersRequest request;
  request.set_key(key);
  return ExpectOk(context.own.GetCounters(request), "GetCounters");
}

void WaitForCounter(Context& context, const std::string& key, PickCounter pick, int64_t wanted) {
  int64_t found = 0;
  for (int i = 0; i < 1000; ++i) {
    const polycall::testing::Counters counters = GetCounters(context, key);
    found = (counters.*pick)();
    if (found == wanted) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw CaseFailed("a counter of " + key + " is " + std::to_string(found) +
                   " after 10 s, expected " + std::to_string(wanted));
}

void Gathering::Add(const polycall::Status& status) {
  std::lock_guard lock(mutex_);
  ++count_;
  ++wanted_count_[static_cast<int>(status.code())];
  if (!status.ok()) last_error_ = status.ToString();
  changed_.notify_all();
}

void Gathering::Wait(int count, polycall::Code wanted) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count_ >= count; });
  if (count_ < count) {
    throw CaseFailed(std::to_string(count_) + " of " + std::to_string(count) +
                     " calls ended within 30 s");
  }
  const int good = wanted_count_[static_cast<int>(wanted)];
  if (good != count) {
    throw CaseFailed(std::to_string(good) + " of " + std::to_string(count) + " calls ended " +
                     polycall_code_name(static_cast<int>(wanted)) + "; another: " + last_error_);
  }
}

}  // namespace interop
