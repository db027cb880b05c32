#include "codegen/haskell/naming.h"

#include <gtest/gtest.h>

#include "codegen/haskell/keywords.h"

namespace polycall::codegen::haskell {
namespace {

TEST(HaskellNaming, AFileBecomesAModuleBelowProto) {
  EXPECT_EQ(ModuleName("calc.proto"), "Proto.Calc");
  EXPECT_EQ(ModuleName("calc/v1/calc_service.proto"), "Proto.Calc.V1.CalcService");
  EXPECT_EQ(ModuleName("google/protobuf/field_mask.proto"), "Proto.Google.Protobuf.FieldMask");
  EXPECT_EQ(ModuleName("1st/a-b.proto"), "Proto.X1st.AB");
}

TEST(HaskellNaming, TypesKeepTheCapitalsInsideOfWords) {
  EXPECT_EQ(UpperCamel("AddRequest"), "AddRequest");
  EXPECT_EQ(UpperCamel("HTTPPage"), "HTTPPage");
  EXPECT_EQ(UpperCamel("user_name"), "UserName");
  EXPECT_EQ(UpperCamel("_user__name_"), "UserName");
  EXPECT_EQ(UpperCamel("__"), "X");
  EXPECT_EQ(UpperCamel("2nd"), "X2nd");
}

TEST(HaskellNaming, AFieldBeginsWithItsMessageInLowerCase) {
  EXPECT_EQ(LowerFirst("AddRequest"), "addRequest");
  EXPECT_EQ(LowerFirst("HTTPPage"), "httpPage");
  EXPECT_EQ(LowerFirst("URL"), "url");
  EXPECT_EQ(LowerFirst("X"), "x");
}

TEST(HaskellNaming, NamesOfOneFileThatMeetAreMadeDifferent) {
  model::File file;
  file.name = "twins.proto";
  for (const char* name : {"UserInfo", "User_Info", "userInfo"}) {
    auto message = std::make_unique<model::Message>();
    message->name = name;
    message->file = &file;
    file.messages.push_back(std::move(message));
  }
  const FileNames names(file);
  EXPECT_EQ(names.Type(*file.messages[0]), "UserInfo");
  EXPECT_EQ(names.Type(*file.messages[1]), "UserInfo_");
  EXPECT_EQ(names.Type(*file.messages[2]), "UserInfo__");
}

TEST(HaskellNaming, KeywordsAreKnown) {
  EXPECT_TRUE(IsKeyword("where"));
  EXPECT_TRUE(IsKeyword("forall"));
  EXPECT_FALSE(IsKeyword("lambda"));
}

}  // namespace
}  // namespace polycall::codegen::haskell
