#include "json_text.h"

#include <gtest/gtest.h>

namespace polycall::cli {
namespace {

// "line 1, column 3: message" of text that must not parse.
std::string ErrorOf(std::string_view text) {
  JsonValue value;
  JsonError error;
  if (ParseJson(text, &value, &error)) return "parsed";
  return Place(text, error.offset) + ": " + error.message;
}

TEST(JsonText, ValuesAreReadWithTheirPlaces) {
  const std::string text =
      R"({"a": [1, -2.5e3, "x\n\u00e9\ud83d\ude00"], "b": {"c": null, "d": true}})";
  JsonValue value;
  JsonError error;
  ASSERT_TRUE(ParseJson(text, &value, &error)) << error.message;
  ASSERT_EQ(value.members.size(), 2u);
  const JsonValue* list = value.Find("a");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->items.size(), 3u);
  EXPECT_EQ(list->items[1].text, "-2.5e3");
  EXPECT_EQ(list->items[1].offset, 10u);
  EXPECT_EQ(list->items[2].text, "x\n\u00e9\U0001f600");
  EXPECT_EQ(value.Find("b")->Text("d"), "true");
  EXPECT_EQ(value.Find("b")->Find("c")->type, JsonValue::Type::kNull);
  EXPECT_EQ(value.Find("nothing"), nullptr);
}

TEST(JsonText, ErrorsNameThePlaceAndTheReason) {
  EXPECT_EQ(ErrorOf(""), "line 1, column 1: empty; an empty message is {}");
  EXPECT_EQ(ErrorOf("{\"a\": 1"), "line 1, column 8: cut off: } is missing");
  EXPECT_EQ(ErrorOf("{\"a\" 1}"), "line 1, column 6: expected : after the field name");
  EXPECT_EQ(ErrorOf("{a: 1}"), "line 1, column 2: a field name in double quotes was expected");
  EXPECT_EQ(ErrorOf("{'a': 1}"), "line 1, column 2: a field name in double quotes was expected");
  EXPECT_EQ(ErrorOf("{\"a\": 'x'}"), "line 1, column 7: strings are written with double quotes");
  EXPECT_EQ(ErrorOf("{\"a\":\n  [1 2]}"), "line 2, column 6: expected , or ]");
  EXPECT_EQ(ErrorOf("{\"a\": \"x}"), "line 1, column 7: this string has no closing quote");
  EXPECT_EQ(ErrorOf("{\"a\": \"\\q\"}"), "line 1, column 9: no such escape in a string");
  EXPECT_EQ(ErrorOf("{\"a\": \"\\u12g4\"}"),
            "line 1, column 12: four hexadecimal digits were expected here");
  EXPECT_EQ(ErrorOf("{} {}"), "line 1, column 4: something follows the end of the value");
  EXPECT_EQ(ErrorOf("{\"a\": -}"), "line 1, column 8: a digit was expected here");
  EXPECT_EQ(ErrorOf("nul"), "line 1, column 1: a value was expected here");
  EXPECT_EQ(ErrorOf("{\"a\":1,}"), "line 1, column 8: a field name in double quotes was expected");
}

TEST(JsonText, DeepNestingIsRefusedAndNotFollowed) {
  EXPECT_EQ(ErrorOf(std::string(100000, '[')), "line 1, column 101: nested more than 100 deep");
}

TEST(JsonText, ColumnsCountCharactersAndNotBytes) {
  EXPECT_EQ(Place("\"\u00e9\u00e9\" x", 7), "line 1, column 6");
}

TEST(JsonText, AnExcerptShowsTheLineAndACaret) {
  EXPECT_EQ(Excerpt("{\n  \"a\": x\n}", 9), "    \"a\": x\n         ^");
  EXPECT_EQ(Excerpt("abc", 99), "  abc\n     ^");
  const std::string cut = Excerpt(std::string(500, 'x'), 250);
  EXPECT_LT(cut.size(), 200u);
  EXPECT_NE(cut.find("..."), std::string::npos);
}

TEST(JsonText, QuotedTextReadsBackAsItself) {
  const std::string text = "quote \" slash \\ line \n tab \t bell \x07 \u00e9";
  JsonValue value;
  JsonError error;
  ASSERT_TRUE(ParseJson(JsonQuote(text), &value, &error)) << error.message;
  EXPECT_EQ(value.text, text);
}

}  // namespace
}  // namespace polycall::cli
