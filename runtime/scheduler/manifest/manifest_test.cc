#include "manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manifest/units.h"

namespace polycall::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kGood = R"(
name: parser
services: [symbolic.v1.Parser]
host: {language: haskell, module: parser.so}
isolation: sandbox
limits: {memory: 256 MiB, cpu: 0.5, pids: 64, tmp: 1 MB}
scale: {min: 1, max: 4}
start_time: 1.5 s
environment: {LANG: C.UTF-8}
)";

std::vector<std::string> MistakesOf(const std::string& text) {
  std::vector<std::string> texts;
  for (const Mistake& mistake : ParseManifest(text, "m.yaml").mistakes) {
    texts.push_back(mistake.ToString());
  }
  return texts;
}

TEST(Manifest, AGoodOneIsReadWithUnitsAndDefaults) {
  const ReadManifest read = ParseManifest(kGood, "m.yaml");
  ASSERT_THAT(read.mistakes, IsEmpty());
  const v1::Manifest& m = read.manifest;
  EXPECT_EQ(m.limits().memory(), 256 << 20);
  EXPECT_EQ(m.limits().tmp(), 1'000'000);
  EXPECT_EQ(m.limits().cpu(), 0.5);
  EXPECT_EQ(m.start_time(), 1'500'000'000);
  EXPECT_EQ(m.drain_time(), 10'000'000'000) << "a default";
  EXPECT_EQ(m.environment().at("LANG"), "C.UTF-8");
  EXPECT_EQ(m.network(), v1::NO_NETWORK);
  EXPECT_EQ(m.scale().max(), 4U);
}

TEST(Manifest, AnUnknownKeyIsNamedWithItsPlaceAndTheNearestKnownOne) {
  EXPECT_THAT(
      MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\nlimits:\n  memry: 1 MiB\n"),
      ElementsAre("m.yaml:5:3: unknown key 'memry' in limits; did you mean memory?"));
}

TEST(Manifest, AForkServerIsForPythonOutsideOfTheCallersProcess) {
  const auto with = [](const std::string& host, const std::string& isolation) {
    return MistakesOf("name: a\nservices: [x.Y]\nhost: {" + host +
                      ", module: m, fork_server: true}\n" + "isolation: " + isolation + "\n");
  };
  EXPECT_THAT(with("language: python", "sandbox"), IsEmpty());
  EXPECT_THAT(with("language: c", "process"), ElementsAre(HasSubstr("fork_server is for python")));
  EXPECT_THAT(with("language: python", "inproc"),
              ElementsAre(HasSubstr("fork_server needs isolation process or sandbox")));
}

TEST(Manifest, ANumberWithoutItsUnitIsRefused) {
  EXPECT_THAT(
      MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\nlimits: {memory: 256}\n"),
      ElementsAre(HasSubstr("m.yaml:4:18: 'limits.memory' has to be a size with its unit, "
                            "as 64 MiB, not '256'")));
  EXPECT_THAT(
      MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\nstart_time: 5 MiB\n"),
      ElementsAre(HasSubstr("a time with its unit")));
}

TEST(Manifest, EveryMistakeIsFoundNotOnlyTheFirst) {
  EXPECT_THAT(
      MistakesOf("nam: a\nservices: x.Y\nisolation: jail\nlimits: {pids: 0, cpu: lots}\n"),
      ElementsAre(HasSubstr("unknown key 'nam'"), HasSubstr("has to be a list"),
                  HasSubstr("inproc, process, sandbox or oci"),
                  HasSubstr("'limits.pids' is 0, and has to be at least 1"),
                  HasSubstr("'limits.cpu' has to be a number"), HasSubstr("'name' is missing")));
}

TEST(Manifest, TwoProgramsExcludeEachOther) {
  EXPECT_THAT(
      MistakesOf(
          "name: a\nservices: [x.Y]\ncommand: {argv: [a]}\nhost: {language: c, module: m}\n"),
      ElementsAre(HasSubstr("'host' and 'command' exclude each other")));
}

TEST(Manifest, AKeyThatIsGivenTwiceIsRefused) {
  EXPECT_THAT(MistakesOf("name: a\nname: b\nservices: [x.Y]\ncommand: {argv: [a]}\n"),
              ElementsAre(HasSubstr("'name' is given twice")));
}

TEST(Manifest, WhatIsNoYamlIsRefusedWithItsPlace) {
  EXPECT_THAT(MistakesOf("name: [a\n"), ElementsAre(HasSubstr("this is not YAML")));
  EXPECT_THAT(MistakesOf(""), ElementsAre(HasSubstr("m.yaml")));
  EXPECT_THAT(MistakesOf("just a text"), ElementsAre(HasSubstr("has to be a mapping")));
}

TEST(Manifest, KeysThatDoNotGoTogetherAreRefused) {
  EXPECT_THAT(MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [a]}\nisolation: inproc\n"),
              ElementsAre(HasSubstr("isolation inproc needs a 'host'")));
  EXPECT_THAT(
      MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [a]}\nscale: {min: 3, max: 2}\n"),
      ElementsAre(HasSubstr("scale.min is more than scale.max")));
  EXPECT_THAT(MistakesOf("name: Bad_Name\nservices: [x.Y]\ncommand: {argv: [a]}\n"),
              ElementsAre(HasSubstr("name 'Bad_Name'")));
}

TEST(Manifest, APlacementIsOneThatThereIs) {
  const std::string good = "name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n";
  EXPECT_EQ(ParseManifest(good + "placement: two-choices\n", "m.yaml").manifest.placement(),
            v1::Manifest::TWO_CHOICES);
  EXPECT_THAT(MistakesOf(good + "placement: random\n"),
              ElementsAre(HasSubstr("m.yaml:4:12: 'placement' has to be least-in-flight or "
                                    "two-choices, not 'random'")));
}

// A caller's identity that is written down but not looked at lets everybody in.
TEST(Manifest, CallersAreIdentitiesThatSomebodyLooksAt) {
  const std::string good = "name: a\nservices: [x.Y]\nhost: {language: c, module: m}\n";
  EXPECT_THAT(MistakesOf(good), IsEmpty());
  EXPECT_THAT(MistakesOf(good + "callers: [UID:7, DNS:front.example, CN=front]\n"), IsEmpty());
  EXPECT_THAT(MistakesOf(good + "callers: ['uid:7']\n"),
              ElementsAre(HasSubstr("'uid:7' is no identity; write UID:1000")));
  EXPECT_THAT(MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n"
                         "callers: [UID:7, DNS:front.example]\n"),
              ElementsAre(HasSubstr("'DNS:front.example' needs a 'host'")));
}

TEST(Manifest, AnImageIsForContainersAndContainersNeedOne) {
  const std::string good = "name: a\nservices: [x.Y]\nhost: {language: c, module: m}\n";
  EXPECT_THAT(MistakesOf(good + "isolation: oci\nimage: /srv/image\n"), IsEmpty());
  EXPECT_THAT(MistakesOf(good + "isolation: oci\n"), ElementsAre(HasSubstr("needs an 'image'")));
  EXPECT_THAT(MistakesOf(good + "image: /srv/image\n"),
              ElementsAre(HasSubstr("'image' is for isolation oci only")));
}

TEST(Units, BytesAndTimesAreReadAndWritten) {
  EXPECT_EQ(ParseBytes("1.5KiB"), 1536);
  EXPECT_EQ(ParseBytes("64 MiB"), 64 << 20);
  EXPECT_EQ(ParseBytes("64"), std::nullopt);
  EXPECT_EQ(ParseBytes("-1 B"), std::nullopt);
  EXPECT_EQ(ParseBytes("1e30 GB"), std::nullopt);
  EXPECT_EQ(ParseDuration("250 ms"), 250'000'000);
  EXPECT_EQ(ParseDuration("2 min"), 120'000'000'000);
  EXPECT_EQ(FormatBytes(256 << 20), "256 MiB");
  EXPECT_EQ(FormatBytes(1001), "1001 B");
  EXPECT_EQ(FormatDuration(1'500'000'000), "1500 ms");
}

}  // namespace
}  // namespace polycall::scheduler
