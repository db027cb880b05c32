#include "instance/log_tail.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace polycall::scheduler {
namespace {

using Lines = std::vector<std::string>;

class LogTailTest : public testing::Test {
 protected:
  LogTailTest() { close(mkstemp(path_)); }
  ~LogTailTest() override { unlink(path_); }

  void Append(const std::string& text) {
    FILE* const file = fopen(path_, "a");
    fputs(text.c_str(), file);
    fclose(file);
  }

  // Runs the loop until so many lines have come; gives up after a time that only a bug takes.
  void RunUntil(size_t lines) {
    wanted_ = lines;
    const auto timer = loop_.After(std::chrono::seconds(60), [this] { loop_.Stop(); });
    loop_.Run();
    loop_.Cancel(timer);
  }

  void OnLine(const std::string& line) {
    lines_.push_back(line);
    if (lines_.size() == wanted_) {
      loop_.Stop();
    }
  }

  char path_[32] = "/tmp/log_tail_test.XXXXXX";
  EventLoop loop_;
  Lines lines_;
  size_t wanted_ = 0;
};

// An instance that printed its lines before polycalld watched its file, and nothing after, was silent
// for ever.
TEST_F(LogTailTest, LinesThatWereThereBeforeTheTailAreTold) {
  Append("one\ntwo\n");
  LogTail tail(loop_, path_, [this](const std::string& line) { OnLine(line); });
  RunUntil(2);
  EXPECT_EQ(lines_, (Lines{"one", "two"}));
}

TEST_F(LogTailTest, LinesThatAreWrittenLaterAreTold) {
  LogTail tail(loop_, path_, [this](const std::string& line) { OnLine(line); });
  const auto writer = loop_.After(std::chrono::milliseconds(20), [this] { Append("later\n"); });
  RunUntil(1);
  EXPECT_EQ(lines_, (Lines{"later"}));
  loop_.Cancel(writer);
}

TEST_F(LogTailTest, AnUnfinishedLineIsToldAtTheEnd) {
  LogTail tail(loop_, path_, [this](const std::string& line) { OnLine(line); });
  Append("no newline");
  tail.ReadAll();
  EXPECT_EQ(lines_, (Lines{"no newline"}));
}

}  // namespace
}  // namespace polycall::scheduler
