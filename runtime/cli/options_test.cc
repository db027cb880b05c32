#include "options.h"

#include <gtest/gtest.h>

#include "base64.h"
#include "failure.h"
#include "suggestion.h"

namespace polycall::cli {
namespace {

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(ParseDuration("250ns"), 250);
  EXPECT_EQ(ParseDuration("500ms"), 500'000'000);
  EXPECT_EQ(ParseDuration("2s"), 2'000'000'000);
  EXPECT_EQ(ParseDuration("2"), 2'000'000'000);
  EXPECT_EQ(ParseDuration("1.5m"), 90'000'000'000);
  EXPECT_EQ(ParseDuration("1h"), 3'600'000'000'000);
}

TEST(Duration, AnythingElseIsRefused) {
  for (const char* text : {"", "s", "5parsecs", "-1s", "0", "1e300", "nan", "2 s"}) {
    EXPECT_THROW(ParseDuration(text), Failure) << text;
  }
}

TEST(Duration, IsShownInAFittingUnit) {
  EXPECT_EQ(FormatDuration(999), "999 ns");
  EXPECT_EQ(FormatDuration(43'120), "43.1 us");
  EXPECT_EQ(FormatDuration(1'500'000), "1.50 ms");
  EXPECT_EQ(FormatDuration(2'000'000'000), "2.00 s");
}

TEST(MetadataOption, IsSplitAtTheFirstColon) {
  EXPECT_EQ(ParseMetadata("user: ada"), (std::pair<std::string, std::string>("user", "ada")));
  EXPECT_EQ(ParseMetadata("time:12:30"), (std::pair<std::string, std::string>("time", "12:30")));
  EXPECT_EQ(ParseMetadata("trace-bin:AAH/"),
            (std::pair<std::string, std::string>("trace-bin", std::string("\0\1\xff", 3))));
  EXPECT_THROW(ParseMetadata("user"), Failure);
  EXPECT_THROW(ParseMetadata(":x"), Failure);
  EXPECT_THROW(ParseMetadata("trace-bin:!"), Failure);
}

TEST(Base64, EveryLengthSurvives) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) {
    std::string decoded;
    ASSERT_TRUE(DecodeBase64(EncodeBase64(bytes), &decoded));
    EXPECT_EQ(decoded, bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(EncodeBase64("M"), "TQ==");
  EXPECT_EQ(EncodeBase64("Ma"), "TWE=");
  EXPECT_EQ(EncodeBase64("Man"), "TWFu");
}

TEST(Suggestions, TheNearestNameIsOffered) {
  EXPECT_EQ(Nearest("Ad", {"Add", "Sum"}), "Add");
  EXPECT_EQ(Nearest("add", {"Add", "Sum"}), "Add");
  EXPECT_EQ(Nearest("Calc", {"calc.v1.Calc", "grpc.health.v1.Health"}), "calc.v1.Calc");
  EXPECT_EQ(Nearest("RED", {"COLOR_RED", "COLOR_GREEN"}), "COLOR_RED");
  EXPECT_EQ(Nearest("Multiply", {"Add", "Sum"}), "");
}

TEST(Suggestions, WithoutANearOneTheNamesAreListed) {
  EXPECT_EQ(Suggestion("Ad", {"Add"}), "; did you mean Add?");
  EXPECT_EQ(Suggestion("Multiply", {"Add", "Sum"}), "; there is Add, Sum");
  EXPECT_EQ(Suggestion("Multiply", {}), "");
}

}  // namespace
}  // namespace polycall::cli
