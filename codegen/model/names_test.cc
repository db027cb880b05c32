#include "codegen/model/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace polycall::codegen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Case {
  const char* name;
  const char* snake;
  const char* upper_snake;
  const char* camel;
  const char* lower_camel;
  const char* kebab;
};

constexpr Case kTable[] = {
    {"get_page", "get_page", "GET_PAGE", "GetPage", "getPage", "get-page"},
    {"getPage", "get_page", "GET_PAGE", "GetPage", "getPage", "get-page"},
    {"GetHTTPPage", "get_http_page", "GET_HTTP_PAGE", "GetHttpPage", "getHttpPage",
     "get-http-page"},
    {"HTTPServer2", "http_server2", "HTTP_SERVER2", "HttpServer2", "httpServer2", "http-server2"},
    {"a1_b2", "a1_b2", "A1_B2", "A1B2", "a1B2", "a1-b2"},
    {"user__name", "user_name", "USER_NAME", "UserName", "userName", "user-name"},
    {"_private", "private", "PRIVATE", "Private", "private", "private"},
    {"X", "x", "X", "X", "x", "x"},
    {"ID", "id", "ID", "Id", "id", "id"},
    {"", "", "", "", "", ""},
};

TEST(Names, EveryCaseConversionAgreesWithTheTable) {
  for (const Case& expected : kTable) {
    EXPECT_EQ(SnakeCase(expected.name), expected.snake) << expected.name;
    EXPECT_EQ(UpperSnakeCase(expected.name), expected.upper_snake) << expected.name;
    EXPECT_EQ(CamelCase(expected.name), expected.camel) << expected.name;
    EXPECT_EQ(LowerCamelCase(expected.name), expected.lower_camel) << expected.name;
    EXPECT_EQ(KebabCase(expected.name), expected.kebab) << expected.name;
  }
}

TEST(Names, ADottedNameIsSplitIntoItsParts) {
  EXPECT_THAT(SplitDots("calc.v1.Calc"), ElementsAre("calc", "v1", "Calc"));
  EXPECT_THAT(SplitDots("calc"), ElementsAre("calc"));
  EXPECT_THAT(SplitDots(""), IsEmpty());
}

TEST(Names, ReplaceChangesEveryOccurrence) {
  EXPECT_EQ(Replace("a.b.c", ".", "::"), "a::b::c");
  EXPECT_EQ(Replace("abc", ".", "::"), "abc");
}

}  // namespace
}  // namespace polycall::codegen
