#include "fleet/table.h"

#include <gtest/gtest.h>

namespace polycall::cli {
namespace {

Table Sample() {
  Table table({{"NAME"}, {"CALLS", true}, {"NOTE", false, 1}, {"MORE", false, 2}});
  table.AddRow({"parser", "7", "all is well here", "x"});
  table.AddRow({"π", "1234", "", "yy"});
  return table;
}

using Strings = std::vector<std::string>;

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(Sample().Lines(0),
            (Strings{"NAME    CALLS  NOTE              MORE", "parser      7  all is well here  x",
                     "π        1234                    yy"}));
}

TEST(Table, ExpendableColumnsGoWhenTheTerminalIsNarrow) {
  EXPECT_EQ(Sample().Lines(31),
            (Strings{"NAME    CALLS  NOTE", "parser      7  all is well here", "π        1234"}));
  EXPECT_EQ(Sample().Lines(14), (Strings{"NAME    CALLS", "parser      7", "π        1234"}));
}

TEST(Table, TheLastColumnIsCutWhenThatIsEnough) {
  EXPECT_EQ(Sample().Lines(25)[1], "parser      7  all is we…");
}

TEST(Table, NoLineIsWiderThanTheTerminal) {
  for (size_t width = 8; width < 60; ++width) {
    for (const std::string& line : Sample().Lines(width)) {
      EXPECT_LE(TextWidth(line), std::max<size_t>(width, 13)) << width;
    }
  }
}

TEST(Table, AColumnWithoutAnythingInItIsNotShown) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.AddRow({"1", "", "3"});
  EXPECT_EQ(table.Lines(0), (Strings{"A  C", "1  3"}));
}

TEST(Table, ControlCharactersOfCellsDoNotReachTheTerminal) {
  Table table({{"A"}});
  table.AddRow({"x\033[2Jy\nz"});
  EXPECT_EQ(table.Lines(0)[1], "x [2Jy z");
}

TEST(CutText, CutsBetweenCharactersNotBytes) {
  EXPECT_EQ(CutText("ππππ", 4), "ππππ");
  EXPECT_EQ(CutText("ππππ", 3), "ππ…");
}

}  // namespace
}  // namespace polycall::cli
