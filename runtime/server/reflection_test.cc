#include "server/reflection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wire.h"

namespace polycall::server {
namespace {

using base::WireWriter;
using testing::HasSubstr;

std::string Field(uint32_t field, std::string_view value) {
  std::string bytes;
  WireWriter(&bytes).AddBytes(field, value);
  return bytes;
}

std::string Number(uint32_t field, uint64_t value) {
  std::string bytes;
  WireWriter(&bytes).AddVarint(field, value);
  return bytes;
}

// calc.proto: package calc.v1, imports base.proto, a service, a message with a nested enum, and an
// extension of base.Options.
const std::string& CalcFile() {
  static const std::string file =
      Field(1, "calc.proto") + Field(2, "calc.v1") + Field(3, "base.proto") +
      Field(4, Field(1, "Sum") + Field(2, Field(1, "terms")) +
                   Field(4, Field(1, "Mode") + Field(2, Field(1, "FAST")))) +
      Field(6, Field(1, "Calc") + Field(2, Field(1, "Add"))) +
      Field(7, Field(1, "unit") + Field(2, ".base.Options") + Number(3, 1001));
  return file;
}
const std::string& BaseFile() {
  static const std::string file =
      Field(1, "base.proto") + Field(2, "base") + Field(4, Field(1, "Options"));
  return file;
}

class ReflectionTest : public testing::Test {
 protected:
  ReflectionTest() {
    reflection_.Add("calc.v1.Calc", set_);
    reflection_.Add("other.Plain", "");
  }
  // Field `field` of the answer to `request`, which must echo it.
  std::string Ask(const std::string& request, uint32_t field) {
    std::string response;
    EXPECT_TRUE(reflection_.Answer(request, &response));
    std::string found, echoed;
    base::WireReader reader(response);
    while (reader.Next()) {
      if (reader.Is(2, base::WireType::kBytes)) echoed = reader.bytes();
      if (reader.Is(field, base::WireType::kBytes)) found = reader.bytes();
    }
    EXPECT_EQ(echoed, request);
    return found;
  }

  const std::string set_ = Field(1, BaseFile()) + Field(1, CalcFile());
  const std::string calc_and_base_ = Field(1, CalcFile()) + Field(1, BaseFile());
  Reflection reflection_;
};

TEST_F(ReflectionTest, ServicesAreListedAlsoThoseWithoutAFile) {
  EXPECT_EQ(Ask(Field(7, ""), 6),
            Field(1, Field(1, "calc.v1.Calc")) + Field(1, Field(1, "other.Plain")));
}

TEST_F(ReflectionTest, ASymbolsFileComesWithWhatItImports) {
  for (const char* symbol : {"calc.v1.Calc", "calc.v1.Calc.Add", "calc.v1.Sum", "calc.v1.Sum.terms",
                             "calc.v1.Sum.Mode", "calc.v1.Sum.FAST", "calc.v1.unit"}) {
    EXPECT_EQ(Ask(Field(4, symbol), 4), calc_and_base_) << symbol;
  }
}

TEST_F(ReflectionTest, AFileIsFoundByItsName) {
  EXPECT_EQ(Ask(Field(3, "base.proto"), 4), Field(1, BaseFile()));
}

TEST_F(ReflectionTest, ExtensionsAreFoundByTypeAndNumber) {
  EXPECT_EQ(Ask(Field(5, Field(1, "base.Options") + Number(2, 1001)), 4), calc_and_base_);
  EXPECT_EQ(Ask(Field(6, "base.Options"), 5), Field(1, "base.Options") + Number(2, 1001));
}

TEST_F(ReflectionTest, WhatThereIsNotIsNotFoundByName) {
  EXPECT_THAT(Ask(Field(4, "calc.v1.Nothing"), 7), HasSubstr("calc.v1.Nothing"));
  EXPECT_THAT(Ask(Field(3, "nothing.proto"), 7), HasSubstr("nothing.proto"));
  EXPECT_THAT(Ask(Field(5, Field(1, "base.Options") + Number(2, 7)), 7), HasSubstr("7"));
}

TEST_F(ReflectionTest, BytesThatAreNoRequestAreRefused) {
  std::string response;
  EXPECT_FALSE(reflection_.Answer("\xff\xff", &response));
}

}  // namespace
}  // namespace polycall::server
