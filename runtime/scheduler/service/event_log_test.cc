#include "service/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace polycall::scheduler {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EventLogFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/polycall-events-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    path_ = folder_ + "/events.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static v1::Event Event(const std::string& what) {
    v1::Event event;
    event.set_time(1'700'000'000'123'456'789);
    event.set_what(what);
    event.set_detail("with \"quotes\",\nand a new line");
    return event;
  }
  static std::vector<std::string> Names(const EventLog& log) {
    std::vector<std::string> names;
    for (const v1::Event& event : log.Read()) names.push_back(event.what());
    return names;
  }

  std::string folder_, path_;
};

TEST_F(EventLogFile, WhatWasAppendedIsThereForTheNextOne) {
  EXPECT_TRUE(EventLog(path_).Read().empty());
  ASSERT_TRUE(EventLog(path_).Append(Event("started")).ok());
  ASSERT_TRUE(EventLog(path_).Append(Event("ended")).ok());
  const std::vector<v1::Event> events = EventLog(path_).Read();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].SerializeAsString(), Event("started").SerializeAsString());
  EXPECT_EQ(events[1].what(), "ended");
}

TEST_F(EventLogFile, TheFilesStayBelowTheirSizeAndKeepTheNewest) {
  constexpr size_t kMost = 2000;
  EventLog log(path_, kMost);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(log.Append(Event(std::to_string(i))).ok());
    ASSERT_LE(std::filesystem::file_size(path_), kMost);
  }
  EXPECT_LE(std::filesystem::file_size(path_ + ".old"), kMost);
  const std::vector<std::string> names = Names(log);
  ASSERT_GE(names.size(), 10U);
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(names[i], std::to_string(1000 - names.size() + i));
  }
}

TEST_F(EventLogFile, HalfALineSpoilsNothingElse) {
  ASSERT_TRUE(EventLog(path_).Append(Event("before")).ok());
  std::ofstream(path_, std::ios::app) << "{\"time\":\"17, \"wha";
  ASSERT_TRUE(EventLog(path_).Append(Event("after")).ok());
  EXPECT_THAT(Names(EventLog(path_)), ElementsAre("before", "after"));
}

TEST_F(EventLogFile, AFileThatCannotBeWrittenIsNamedAndTriedAgain) {
  EventLog log(folder_ + "/none/events.jsonl");
  EXPECT_THAT(std::string(log.Append(Event("lost")).message()),
              HasSubstr("none/events.jsonl: No such file"));
  std::filesystem::create_directory(folder_ + "/none");
  EXPECT_TRUE(log.Append(Event("kept")).ok());
  EXPECT_THAT(Names(log), ElementsAre("kept"));
}

}  // namespace
}  // namespace polycall::scheduler
