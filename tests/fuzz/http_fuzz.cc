// A session of HTTP/1.1: whatever comes, in whatever pieces, is answered the same and taken to its end. The
// first byte says how long the pieces are.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "transport/http/module/session.h"

namespace {

using namespace polycall::transport;

class FuzzedSite final : public http::Site {
 public:
  FuzzedSite() {
    method_.service = "t.Echo";
    method_.method = "Say";
    method_.path = "t.Echo/Say";
  }
  void Report(ServerReport*) override {}
  const polycall::call::MethodSpec* FindMethod(std::string_view path) override {
    return path == method_.path ? &method_ : nullptr;
  }
  std::string_view FileDescriptorSet(std::string_view) override { return {}; }
  uint64_t max_message_size() const override { return 1000; }
  uint32_t max_metadata_size() const override { return 500; }
  std::vector<std::pair<std::string, uint64_t>> limits() const override { return {}; }

 private:
  polycall::call::MethodSpec method_;
};

std::string Talk(http::Front* front, std::string_view bytes, size_t piece) {
  http::HttpSession session(front);
  std::string answers;
  while (!bytes.empty() && !session.closing()) {
    size_t taken = 0;
    http::CallStart start;
    std::string out;
    const http::Step step = session.Take(bytes.substr(0, piece), &taken, &out, &start);
    if (taken == 0 || taken > std::min(piece, bytes.size())) abort();
    if (step == http::Step::kMore && !out.empty()) abort();
    if (step == http::Step::kCall) {
      if (start.request.size() > 1000) abort();
      http::CallEnd end;
      end.response = start.request;
      end.trailing = &start.metadata;
      session.OnEnd(end, &out);
    }
    // When a body is there before it was waited for, nobody is told to go on.
    if (!out.starts_with("HTTP/1.1 100 ")) answers += out;
    bytes.remove_prefix(taken);
  }
  // What has two faults is refused for the one or the other: which is seen first, the pieces decide.
  for (const char* refusal : {"HTTP/1.1 400 ", "HTTP/1.1 413 ", "HTTP/1.1 431 "}) {
    if (const size_t at = answers.find(refusal); at != std::string::npos) {
      answers.replace(at, std::string::npos, "refused");
    }
  }
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* front = new http::Front(std::make_unique<FuzzedSite>());
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Talk(front, bytes, SIZE_MAX);
  if (Talk(front, bytes, static_cast<size_t>(data[0]) + 1) != whole) abort();
  return 0;
}
