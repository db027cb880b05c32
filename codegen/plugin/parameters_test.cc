#include "codegen/plugin/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codegen/plugin/emitters.h"

namespace polycall::codegen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

void EmitNothing(const model::File&, const Options&, Output*) {}

const std::vector<Emitter>& Known() {
  static const std::vector<Emitter> emitters = {
      {"cpp", {}, EmitNothing},
      {"c", {{"prefix", "put before every name"}, {"bare", "no comments"}}, EmitNothing},
  };
  return emitters;
}

TEST(Parameters, TheLanguageIsFound) {
  const Parameters parameters = ParseParameters("lang=cpp", Known());
  EXPECT_EQ(parameters.error, "");
  ASSERT_NE(parameters.emitter, nullptr);
  EXPECT_EQ(parameters.emitter->language, "cpp");
}

TEST(Parameters, OptionsGoToTheEmitter) {
  const Parameters parameters = ParseParameters("prefix=x=y,lang=c,bare,", Known());
  EXPECT_EQ(parameters.error, "");
  EXPECT_THAT(parameters.options, UnorderedElementsAre(Pair("prefix", "x=y"), Pair("bare", "")));
}

TEST(Parameters, NoLanguageIsAnErrorThatShowsWhatToWrite) {
  const Parameters parameters = ParseParameters("", Known());
  EXPECT_EQ(parameters.emitter, nullptr);
  EXPECT_THAT(parameters.error, AllOf(HasSubstr("lang="), HasSubstr("cpp, c")));
}

TEST(Parameters, AnUnknownLanguageIsAnErrorThatListsTheKnownOnes) {
  const Parameters parameters = ParseParameters("lang=cobol", Known());
  EXPECT_THAT(parameters.error, AllOf(HasSubstr("\"cobol\""), HasSubstr("cpp, c")));
}

TEST(Parameters, AnUnknownOptionIsAnErrorThatListsTheKnownOnes) {
  EXPECT_THAT(ParseParameters("lang=c,colour=red", Known()).error,
              AllOf(HasSubstr("\"colour\""), HasSubstr("prefix: put before every name")));
  EXPECT_THAT(ParseParameters("lang=cpp,colour=red", Known()).error, HasSubstr("takes no options"));
}

TEST(Parameters, NothingMayBeGivenTwice) {
  EXPECT_THAT(ParseParameters("lang=c,lang=cpp", Known()).error, HasSubstr("twice"));
  EXPECT_THAT(ParseParameters("lang=c,bare,bare", Known()).error, HasSubstr("twice"));
}

TEST(Emitters, EveryLanguageIsListedOnce) {
  std::vector<std::string_view> languages;
  for (const Emitter& emitter : Emitters()) {
    languages.push_back(emitter.language);
    EXPECT_NE(emitter.emit, nullptr);
  }
  EXPECT_THAT(languages, UnorderedElementsAre("cpp", "c", "python", "java", "haskell", "lisp"));
}

}  // namespace
}  // namespace polycall::codegen
