#include "codegen/cpp/layout.h"

#include <gtest/gtest.h>

#include "codegen/cpp/literal.h"

namespace polycall::codegen::cpp {
namespace {

TEST(CppLayout, AShortCallStaysOnOneLine) {
  Writer writer;
  WriteCall("void Add", {"int a", "int b"}, ";", &writer);
  EXPECT_EQ(writer.text(), "void Add(int a, int b);\n");
}

TEST(CppLayout, ALongCallIsAlignedBelowItsParenthesis) {
  Writer writer;
  const std::string part(40, 'x');
  WriteCall("void Add", {part, part, part}, ";", &writer);
  EXPECT_EQ(writer.text(), "void Add(" + part + ", " + part + ",\n         " + part + ");\n");
}

TEST(CppLayout, ACallWhoseHeadIsTooLongGoesToTheNextLine) {
  Writer writer;
  const std::string head(70, 'h');
  const std::string part(40, 'x');
  WriteCall(head, {part, part}, " {", &writer);
  EXPECT_EQ(writer.text(), head + "(\n    " + part + ", " + part + ") {\n");
}

TEST(CppLayout, ABackslashAtTheEndOfACommentDoesNotSwallowTheNextLine) {
  Writer writer;
  model::Comment comment;
  comment.lines = {"path\\", ""};
  WriteComment(comment, &writer);
  EXPECT_EQ(writer.text(), "// path\\ //\n//\n");
}

TEST(CppLiteral, BytesAreEscapedSoThatADigitMayFollow) {
  Writer writer;
  WriteStringLiteral(std::string_view("\0"
                                      "1\"\\\377?",
                                      6),
                     &writer);
  EXPECT_EQ(writer.text(), "    \"\\0001\\\"\\\\\\377\\?\";\n");
}

}  // namespace
}  // namespace polycall::codegen::cpp
