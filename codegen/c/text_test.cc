#include "codegen/c/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace polycall::codegen::c {
namespace {

std::string Comment(std::vector<std::string> lines) {
  Writer w;
  WriteComment(&w, std::move(lines));
  return w.Take();
}

TEST(Text, WritesCommentsOfOneLineAndOfMore) {
  EXPECT_EQ(Comment({}), "");
  EXPECT_EQ(Comment({"One."}), "/* One. */\n");
  EXPECT_EQ(Comment({"One.", "", "Two.", ""}), "/* One.\n *\n * Two. */\n");
}

TEST(Text, LetsNothingInACommentEndItOrHideInIt) {
  EXPECT_EQ(Comment({"a */ b /* c"}), "/* a * / b / * c */\n");
  EXPECT_EQ(Comment({"**//"}), "/* ** // */\n");
  EXPECT_EQ(Comment({"x \u202e y"}), "/* x U+202E y */\n");
}

TEST(Text, BreaksListsBeforeColumn100) {
  Writer w;
  WriteList(&w, "void function(", {std::string(40, 'a'), std::string(40, 'b'), "c"}, ");");
  EXPECT_EQ(w.Take(), "void function(" + std::string(40, 'a') + ", " + std::string(40, 'b') +
                          ",\n              c);\n");
  WriteList(&w, "short(", {}, ");");
  EXPECT_EQ(w.Take(), "short();\n");
}

TEST(Text, QuotesAnyBytes) {
  EXPECT_EQ(Quoted("plain"), "\"plain\"");
  EXPECT_EQ(Quoted(std::string("\"\\\0\xff?1", 6)), "\"\\\"\\\\\\000\\377\\0771\"");
}

TEST(Text, WritesDefaultsAsConstantsOfTheirType) {
  model::Field field;
  field.type = model::FieldType::kInt64;
  field.default_integer = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(DefaultValue(field, ""), "INT64_MIN");
  field.type = model::FieldType::kUint64;
  EXPECT_EQ(DefaultValue(field, ""), "UINT64_C(9223372036854775808)");
  field.type = model::FieldType::kInt32;
  field.default_integer = -5;
  EXPECT_EQ(DefaultValue(field, ""), "-5");
  field.type = model::FieldType::kDouble;
  field.default_double = 3;
  EXPECT_EQ(DefaultValue(field, ""), "3.0");
  field.default_double = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(DefaultValue(field, ""), "-INFINITY");
  field.type = model::FieldType::kFloat;
  field.default_double = 0.1f;
  EXPECT_EQ(DefaultValue(field, ""), "0.100000001f");
  field.type = model::FieldType::kBytes;
  field.default_string = std::string("a\0", 2);
  EXPECT_EQ(DefaultValue(field, ""), "{\"a\\000\", 2}");
  field.type = model::FieldType::kEnum;
  EXPECT_EQ(DefaultValue(field, "PAINT_COLOR_RED"), "PAINT_COLOR_RED");
}

}  // namespace
}  // namespace polycall::codegen::c
