#include "manifest/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "manifest/units.h"

namespace polycall::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

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

TEST(Manifest, AMistakeOfKeysThatDoNotGoTogetherHasItsPlace) {
  EXPECT_THAT(
      MistakesOf("name: a\nservices: [x.Y]\ncommand: {argv: [a]}\nscale:\n  max: 2\n  min: 3\n"
                 "callers: [UID:7,\n  nobody]\n"),
      UnorderedElementsAre(HasSubstr("m.yaml:6:3: scale.min"),
                           HasSubstr("m.yaml:8:3: callers: 'nobody'")));
  EXPECT_THAT(MistakesOf("name: a\nservices: [x.Y]\n"),
              ElementsAre(StartsWith("m.yaml: the manifest says nothing to run")));
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

// A wall that is asked for and is not there would be relied on.
TEST(Manifest, WhatNeedsWallsIsRefusedForAnOrdinaryProcess) {
  const std::string good = "name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n";
  const std::string keys[] = {
      "mounts: [{source: /srv, target: /data}]\n",
      "limits: {tmp: 1 MiB}\n",
      "network: no-network\n",
      "secrets: [{file: /etc/key, path: /run/key}]\n",
  };
  for (const std::string& key : keys) {
    EXPECT_THAT(MistakesOf(good + key), ElementsAre(HasSubstr("needs isolation sandbox or oci")));
    EXPECT_THAT(MistakesOf(good + key + "isolation: sandbox\n"), IsEmpty());
  }
  EXPECT_THAT(MistakesOf(good + "network: host-network\n"), IsEmpty());
  EXPECT_THAT(MistakesOf(good + "mounts: [{source: /srv, target: /srv}]\n"), IsEmpty());
  EXPECT_THAT(MistakesOf(good + "secrets: [{file: /etc/key, variable: KEY}]\n"), IsEmpty());
}

// A user without its number would be number 0.
TEST(Manifest, NobodyRunsAsRootBecauseOfAManifest) {
  const std::string good = "name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n";
  for (const std::string user : {"user: {uid: 0}\n", "user: {gid: 5}\n"}) {
    EXPECT_THAT(MistakesOf(good + user), ElementsAre(HasSubstr("user.uid 0 is the root user")));
  }
  EXPECT_THAT(MistakesOf(good + "user: {uid: 5, gid: 5}\n"), IsEmpty());
}

TEST(Manifest, PathsInsideAreAbsoluteAndDoNotClimb) {
  const std::string good =
      "name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\nisolation: sandbox\n";
  for (const std::string path : {"run/key", "/../key", "/run/../../key", "/run/.."}) {
    EXPECT_THAT(MistakesOf(good + "secrets: [{file: /etc/key, path: " + path + "}]\n"),
                ElementsAre(HasSubstr("without '..': " + path)));
    EXPECT_THAT(MistakesOf(good + "mounts: [{source: /srv, target: " + path + "}]\n"),
                ElementsAre(HasSubstr("without '..'")));
  }
  EXPECT_THAT(MistakesOf(good + "mounts: [{source: /srv, target: /a..b/..c}]\n"), IsEmpty());
}

// 0 once meant "the default", silently.
TEST(Manifest, ANumberOfWhichNoneMakesNoSenseIsRefused) {
  const std::string good = "name: a\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n";
  for (const std::string key :
       {"start_time: 0 s", "health: {interval: 0 ms}", "health: {timeout: 0 ms}",
        "restart: {first_pause: 0 s}", "restart: {longest_pause: 0 s}", "scale: {max: 0}",
        "scale: {idle_time: 0 s}", "admission: {queue: 0}", "admission: {wait: 0 s}",
        "limits: {call_time: 0 s}"}) {
    EXPECT_THAT(MistakesOf(good + key + "\n"), ElementsAre(HasSubstr("has to be at least")));
  }
}

// Their sockets would be the same file.
TEST(Manifest, ANameThatPolycalldOrAnInstanceHasIsRefused) {
  const std::string rest = "\nservices: [x.Y]\ncommand: {argv: [/bin/a]}\n";
  EXPECT_THAT(MistakesOf("name: polycalld" + rest),
              ElementsAre(HasSubstr("is taken by polycalld")));
  char folder[] = "/tmp/polycall-manifests-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  for (const std::string name : {"calc", "calc-1", "calc-x", "other-2"}) {
    std::ofstream(folder + ("/" + name + ".yaml")) << "name: " << name << rest;
  }
  std::string mistakes;
  for (const ReadManifest& read : LoadManifests(folder)) {
    for (const Mistake& mistake : read.mistakes) mistakes += mistake.ToString() + "\n";
  }
  std::filesystem::remove_all(folder);
  EXPECT_THAT(mistakes,
              HasSubstr("calc-1.yaml:1:1: the name 'calc-1' is one that an instance of 'calc'"));
  EXPECT_EQ(std::count(mistakes.begin(), mistakes.end(), '\n'), 1) << mistakes;
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
