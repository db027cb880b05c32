#include "codegen/writer/writer.h"

#include <gtest/gtest.h>

namespace polycall::codegen {
namespace {

TEST(Writer, ALineIsMadeOfPartsOfSeveralTypes) {
  Writer writer;
  writer.Line("int ", std::string("x"), '[', 3, "] = ", int64_t{-7}, std::string_view(";"));
  EXPECT_EQ(writer.text(), "int x[3] = -7;\n");
}

TEST(Writer, IndentationEndsWithItsScope) {
  Writer writer(4);
  writer.Line("a {");
  {
    const auto indentation = writer.Indented();
    writer.Line("b {");
    {
      const auto deeper = writer.Indented(2);
      EXPECT_EQ(writer.column(), 12);
      writer.Line("c");
    }
    writer.Line("}");
  }
  writer.Line("}");
  EXPECT_EQ(writer.text(), "a {\n    b {\n            c\n    }\n}\n");
}

TEST(Writer, BracesInTheTextDoNotIndent) {
  Writer writer;
  writer.Line("{");
  writer.Line("}");
  writer.Line("{{{");
  writer.Line("x");
  EXPECT_EQ(writer.text(), "{\n}\n{{{\nx\n");
}

TEST(Writer, AnEmptyLineHasNoTrailingSpaces) {
  Writer writer;
  const auto indentation = writer.Indented();
  writer.Line();
  writer.Line("");
  EXPECT_EQ(writer.text(), "\n\n");
}

TEST(Writer, LinesIndentsEachOfThem) {
  Writer writer;
  const auto indentation = writer.Indented();
  writer.Lines("\none\n\n  two\n");
  EXPECT_EQ(writer.text(), "  one\n\n    two\n");
}

TEST(Writer, PrefixedLosesItsSpacesOnEmptyLines) {
  Writer writer;
  writer.Prefixed("// ", {"one", "", " two"});
  EXPECT_EQ(writer.text(), "// one\n//\n//  two\n");
}

TEST(Writer, TakeGivesTheTextAway) {
  Writer writer;
  writer.Line("x");
  EXPECT_EQ(writer.Take(), "x\n");
}

}  // namespace
}  // namespace polycall::codegen
