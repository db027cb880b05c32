#include "service/journal.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace polycall::scheduler {
namespace {

std::vector<std::string> All(const ByteRing& ring) {
  std::vector<std::string> all;
  ring.ForEach([&](const std::string& bytes) { all.push_back(bytes); });
  return all;
}

using Texts = std::vector<std::string>;

TEST(ByteRing, GivesBackWhatWasAddedInItsOrder) {
  ByteRing ring(64);
  ring.Add("one");
  ring.Add("");
  ring.Add("three");
  EXPECT_EQ(All(ring), (Texts{"one", "", "three"}));
  EXPECT_EQ(ring.count(), 3U);
}

TEST(ByteRing, TheOldestMakeRoom) {
  ByteRing ring(16);  // two of four bytes with their sizes
  ring.Add("aaaa");
  ring.Add("bbbb");
  EXPECT_EQ(All(ring), (Texts{"aaaa", "bbbb"}));
  ring.Add("c");
  EXPECT_EQ(All(ring), (Texts{"bbbb", "c"}));
}

TEST(ByteRing, WhatIsLargerThanItIsNotTakenAndHarmsNothing) {
  ByteRing ring(16);
  ring.Add("aaaa");
  ring.Add(std::string(13, 'x'));
  EXPECT_EQ(All(ring), (Texts{"aaaa"}));
  ring.Add(std::string(12, 'x'));  // fits exactly, alone
  EXPECT_EQ(All(ring), (Texts{std::string(12, 'x')}));
}

TEST(ByteRing, HoldsTheNewestWhateverTheirSizes) {
  constexpr size_t kBytes = 257;
  ByteRing ring(kBytes);
  std::deque<std::string> expected;
  size_t used = 0;
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    const std::string bytes(random() % 60, static_cast<char>('a' + i % 26));
    ring.Add(bytes);
    expected.push_back(bytes);
    used += bytes.size() + 4;
    while (used > kBytes) {
      used -= expected.front().size() + 4;
      expected.pop_front();
    }
    ASSERT_EQ(All(ring), Texts(expected.begin(), expected.end())) << "after " << i;
  }
}

v1::LogLine Line(const std::string& text) {
  v1::LogLine line;
  line.set_service("parser");
  line.set_instance("parser-1");
  line.set_text(text);
  return line;
}

// Once a journal was bounded by its number of entries: a service that printed long lines took a
// hundred megabytes of polycalld's memory, and instances that die made it grow for minutes.
TEST(Journal, KeepsNoMoreBytesThanItMayHoweverLongTheLinesAre) {
  constexpr size_t kBytes = 1 << 20;
  Journal<v1::LogLine> journal(kBytes);
  for (int i = 0; i < 1000; ++i) {
    journal.Add(Line(std::to_string(i) + std::string(16 << 10, 'x')));
  }
  size_t bytes = 0;
  std::string last;
  journal.ForEach([&](const v1::LogLine& line) {
    bytes += line.ByteSizeLong();
    last = line.text();
  });
  EXPECT_LE(bytes, kBytes);
  EXPECT_GT(bytes, kBytes - (32 << 10)) << "there was room for more";
  EXPECT_TRUE(last.starts_with("999x"));
}

TEST(Journal, TellsFollowersEvenOfWhatItCannotKeep) {
  Journal<v1::LogLine> journal(64);
  std::vector<size_t> told;
  const uint64_t follower =
      journal.Follow([&](const v1::LogLine& line) { told.push_back(line.text().size()); });
  journal.Add(Line("short"));
  journal.Add(Line(std::string(1000, 'x')));
  journal.Unfollow(follower);
  journal.Add(Line("nobody hears it"));
  EXPECT_EQ(told, (std::vector<size_t>{5, 1000}));
  EXPECT_EQ(journal.count(), 1U);
}

}  // namespace
}  // namespace polycall::scheduler
