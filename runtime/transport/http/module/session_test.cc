// A session without its connection: bytes in, answers and calls out.
#include "transport/http/module/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "polycall/polycall.h"
#include "transport/http/module/metrics_text.h"
#include "transport/http/module/text.h"

namespace polycall::transport::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FakeSite final : public Site {
 public:
  FakeSite() {
    method_.service = "t.Echo";
    method_.method = "Say";
    method_.path = "t.Echo/Say";
  }
  void Report(ServerReport* report) override {
    report->name = "a <name>";
    report->serving = true;
    call::MethodCounts counts;
    counts.started = 3;
    counts.ended[0] = 2;
    counts.durations[static_cast<size_t>(call::DurationBucket(1000))] = 2;
    counts.ticks = 2000;
    report->methods.push_back({&method_, false, counts});
    report->connections["tcp"] = 4;
  }
  const call::MethodSpec* FindMethod(std::string_view path) override {
    return path == method_.path ? &method_ : nullptr;
  }
  std::string_view FileDescriptorSet(std::string_view) override { return {}; }
  uint64_t max_message_size() const override { return 1000; }
  uint32_t max_metadata_size() const override { return 200; }
  std::vector<std::pair<std::string, uint64_t>> limits() const override { return {}; }

 private:
  call::MethodSpec method_;
};

class SessionTest : public ::testing::Test {
 protected:
  // Feeds `bytes`, in pieces of `piece`; calls are answered with their request.
  std::string Feed(std::string_view bytes, size_t piece = SIZE_MAX) {
    std::string answers;
    while (!bytes.empty() && !session_.closing()) {
      std::string_view part = bytes.substr(0, piece);
      while (!part.empty() && !session_.closing()) {
        size_t taken = 0;
        CallStart start;
        std::string out;
        const Step step = session_.Take(part, &taken, &out, &start);
        if (step == Step::kCall) {
          ++calls_;
          last_ = start;
          CallEnd end;
          end.response = start.request;
          session_.OnEnd(end, &out);
        }
        answers += out;
        EXPECT_TRUE(taken > 0 || step != Step::kMore);
        part.remove_prefix(taken);
        bytes.remove_prefix(taken);
      }
    }
    return answers;
  }

  static std::string Call(const std::string& headers, const std::string& body) {
    return "POST /t.Echo/Say HTTP/1.1\r\nHost: h\r\nContent-Type: application/proto\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  Front front_{std::make_unique<FakeSite>()};
  HttpSession session_{&front_};
  int calls_ = 0;
  CallStart last_;
};

TEST_F(SessionTest, TheAnswerDoesNotDependOnHowTheBytesCome) {
  const std::string request =
      Call("A: b\r\n", "hello") +
      "POST /t.Echo/Say HTTP/1.1\r\nHost: h\r\nContent-Type: application/proto\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nTrail: x\r\n\r\n" +
      "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string whole = Feed(request);
  EXPECT_EQ(calls_, 2);
  EXPECT_FALSE(session_.in_request());
  for (const size_t piece : {1, 2, 3, 7, 50}) {
    HttpSession fresh(&front_);
    std::string answers;
    std::string_view rest = request;
    while (!rest.empty()) {
      size_t taken = 0;
      CallStart start;
      std::string out;
      if (fresh.Take(rest.substr(0, piece), &taken, &out, &start) == Step::kCall) {
        CallEnd end;
        end.response = start.request;
        fresh.OnEnd(end, &out);
      }
      answers += out;
      rest.remove_prefix(taken);
    }
    EXPECT_EQ(answers, whole) << piece;
  }
}

TEST_F(SessionTest, HeadersOfACallAreItsMetadata) {
  Feed(Call("X-Trace: 7\r\nAccept: */*\r\nBytes-Bin: AAE=\r\nConnect-Timeout-Ms: 20\r\n", ""));
  ASSERT_EQ(calls_, 1);
  EXPECT_EQ(last_.timeout_ns, 20'000'000);
  EXPECT_EQ(last_.metadata, (Headers{{"x-trace", "7"}, {"bytes-bin", std::string("\0\1", 2)}}));
}

TEST_F(SessionTest, MetadataIsBounded) {
  EXPECT_THAT(Feed(Call("X: " + std::string(300, 'x') + "\r\n", "")), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(calls_, 0);
}

TEST_F(SessionTest, AChunkedBodyIsBoundedAsItComes) {
  const std::string answer =
      Feed("POST /t.Echo/Say HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n" +
           std::string(500, 'x') + "\r\n1f5\r\n" + std::string(501, 'x'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(session_.closing());
}

TEST_F(SessionTest, ADrainedSessionSaysGoodbyeWithItsNextAnswer) {
  EXPECT_THAT(Feed(Call("", "x")), Not(HasSubstr("Connection: close")));
  session_.Drain();
  EXPECT_THAT(Feed(Call("", "x")), HasSubstr("Connection: close"));
  EXPECT_TRUE(session_.closing());
}

TEST_F(SessionTest, OldClientsAreKeptOnlyIfTheyAsk) {
  EXPECT_THAT(Feed("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("Connection: keep-alive"));
  EXPECT_THAT(Feed("GET /health HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
}

TEST_F(SessionTest, AnOfferToUpgradeIsNotTakenUp) {
  EXPECT_THAT(Feed(Call("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
                        "abc")),
              EndsWith("\r\n\r\nabc"));
}

TEST_F(SessionTest, NamesOnThePageAreText) {
  const std::string page = Feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(page, HasSubstr("<h1>a &lt;name&gt;</h1>"));
  EXPECT_THAT(page, Not(HasSubstr("<name>")));
}

TEST_F(SessionTest, MetadataOfAnAnswerCannotChangeWhatItSays) {
  Feed(Call("", "x"));
  CallEnd end;
  const Headers initial = {{"content-length", "9"}, {"ok", "1"}};
  const Headers trailing = {{"content-length", "9"}};
  end.initial = &initial;
  end.trailing = &trailing;
  std::string out;
  session_.OnEnd(end, &out);
  EXPECT_THAT(out, HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("\r\ncontent-length: 9")));
  EXPECT_THAT(out, HasSubstr("\r\nok: 1\r\n"));
  EXPECT_THAT(out, HasSubstr("\r\ntrailer-content-length: 9\r\n"));
}

TEST(MetricsText, IsInPrometheusForm) {
  FakeSite site;
  ServerReport report;
  site.Report(&report);
  const std::string text = MetricsText(report);
  EXPECT_THAT(text, HasSubstr("polycall_server_connections{transport=\"tcp\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("polycall_server_calls_total{service=\"t.Echo\",method=\"Say\","
                              "code=\"OK\"} 2\n"));
  EXPECT_THAT(text,
              HasSubstr("polycall_server_calls_in_flight{service=\"t.Echo\",method=\"Say\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{service=\"t.Echo\",method=\"Say\",le=\"2.5e-06\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("_sum{service=\"t.Echo\",method=\"Say\"} 2e-06\n"));
}

TEST(MetricsText, WhatGrowsNeverShrinks) {
  call::MethodCounts counts;
  uint64_t before = 0;
  for (int i = 0; i < 200; ++i) {
    ++counts.durations[static_cast<size_t>((i * 7) % call::kDurationBuckets)];
    const uint64_t now = CallsWithin(counts, 0.37, 0.01);
    EXPECT_GE(now, before);
    before = now;
    EXPECT_LE(CallsWithin(counts, 0.37, 0.005), now);
  }
}

TEST(MetricsText, QuantilesLieInTheirBucket) {
  call::MethodCounts counts;
  const int bucket = call::DurationBucket(10'000);
  counts.durations[static_cast<size_t>(bucket)] = 100;
  const double median = DurationQuantile(counts, 1, 0.5);
  EXPECT_GE(median, static_cast<double>(call::BucketBegin(bucket)));
  EXPECT_LE(median, static_cast<double>(call::BucketBegin(bucket + 1)));
  EXPECT_EQ(DurationQuantile({}, 1, 0.5), 0);
}

TEST(Text, JsonStringsStandInAPageAndInJson) {
  EXPECT_EQ(JsonString("a\"\\\n\x01<\xC3\xA9"), "\"a\\\"\\\\\\n\\u0001\\u003c\xC3\xA9\"");
  EXPECT_EQ(JsonString("\xFF"), "\"?\"");
}

TEST(Text, Base64InBothAlphabets) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xFF\xFE\xFD"}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
  }
  EXPECT_EQ(DecodeBase64("_-8="), "\xFF\xEF");
  EXPECT_EQ(DecodeBase64("/+8"), "\xFF\xEF");
  EXPECT_FALSE(DecodeBase64("a").has_value());
  EXPECT_FALSE(DecodeBase64("a*aa").has_value());
}

TEST(Text, UrlsAreDecoded) {
  EXPECT_EQ(DecodeUrl("a%41+%20", true), "aA  ");
  EXPECT_EQ(DecodeUrl("a+b", false), "a+b");
  EXPECT_FALSE(DecodeUrl("%4", false).has_value());
  EXPECT_FALSE(DecodeUrl("%zz", false).has_value());
}

TEST(Text, ListsWithQualities) {
  EXPECT_TRUE(ListHas("br;q=0.5, GZIP ;q=0.1", "gzip"));
  EXPECT_FALSE(ListHas("gzip;q=0, br", "gzip"));
  EXPECT_FALSE(ListHas("gzipped", "gzip"));
}

}  // namespace
}  // namespace polycall::transport::http
