#include "json_message.h"

#include <gmock/gmock.h>
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include "failure.h"

namespace polycall::cli {
namespace {

using google::protobuf::Descriptor;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kProto[] = R"(
syntax = "proto3";
package t;
message Pair { int32 first = 1; int32 second = 2; }
enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
message All {
  string text = 1;
  bytes data = 2;
  double ratio = 3;
  bool flag = 4;
  Color color = 5;
  repeated Pair pairs = 6;
  map<string, uint32> counts = 7;
  oneof choice { string name = 8; uint64 number = 9; }
  int64 long_number = 10;
}
)";

class JsonMessage : public testing::Test {
 protected:
  JsonMessage() {
    google::protobuf::io::ArrayInputStream in(kProto, sizeof(kProto) - 1);
    google::protobuf::io::Tokenizer tokens(&in, nullptr);
    google::protobuf::FileDescriptorProto file;
    EXPECT_TRUE(google::protobuf::compiler::Parser().Parse(&tokens, &file));
    file.set_name("t.proto");
    all_ = pool_.BuildFile(file)->FindMessageTypeByName("All");
  }

  std::string ErrorOf(std::string_view json) {
    try {
      JsonCodec(pool_).ToBytes(*all_, json, "the request");
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.exit_code(), ExitCode::kBadInput);
      return failure.message().substr(0, failure.message().find('\n'));
    }
    return "fits";
  }

  google::protobuf::DescriptorPool pool_;
  const Descriptor* all_;
};

TEST_F(JsonMessage, WhatFitsComesBackAsItWas) {
  const std::string json =
      R"({"text":"h\u00e9","data":"AAE=","ratio":1.5,"flag":true,"color":"COLOR_RED",)"
      R"("pairs":[{"first":1},{"second":-2}],"counts":{"a":1},"number":"7","longNumber":"-9"})";
  const JsonCodec codec(pool_);
  const std::string bytes = codec.ToBytes(*all_, json, "the request");
  const std::string again = codec.ToJson(*all_, bytes);
  EXPECT_EQ(codec.ToBytes(*all_, again, "again"), bytes);
  EXPECT_THAT(again, HasSubstr(R"("longNumber":"-9")"));
  EXPECT_THAT(JsonCodec(pool_, {.proto_names = true}).ToJson(*all_, bytes),
              HasSubstr(R"("long_number":"-9")"));
}

TEST_F(JsonMessage, BothSpellingsOfANameAreTaken) {
  EXPECT_EQ(ErrorOf(R"({"longNumber": 1})"), "fits");
  EXPECT_EQ(ErrorOf(R"({"long_number": 1})"), "fits");
}

TEST_F(JsonMessage, WhatDoesNotFitIsNamedWithItsPlace) {
  EXPECT_EQ(ErrorOf(R"({"txet": "x"})"),
            "the request, line 1, column 2: no field \"txet\" in t.All; did you mean text?");
  EXPECT_EQ(ErrorOf(R"({"pairs": [{"first": 1}, {"frist": 2}]})"),
            "the request, line 1, column 27: no field \"frist\" in t.Pair; did you mean first?");
  EXPECT_EQ(ErrorOf(R"({"pairs": {"first": 1}})"),
            "the request, line 1, column 11: \"pairs\" is repeated: a list, [...]");
  EXPECT_EQ(ErrorOf(R"({"pairs": [3]})"),
            "the request, line 1, column 12: t.Pair is written as an object, {...}");
  EXPECT_EQ(ErrorOf(R"({"counts": {"a": -1}})"),
            "the request, line 1, column 18: \"counts\" takes a whole number from 0 to 4294967295");
  EXPECT_EQ(ErrorOf(R"({"flag": "yes"})"),
            "the request, line 1, column 10: \"flag\" takes true or false");
  EXPECT_EQ(ErrorOf(R"({"text": 5})"),
            "the request, line 1, column 10: \"text\" takes text in double quotes");
  EXPECT_EQ(ErrorOf(R"({"ratio": "fast"})"),
            "the request, line 1, column 11: \"ratio\" takes a number");
  EXPECT_EQ(ErrorOf(R"({"color": "RED"})"),
            "the request, line 1, column 11: no value \"RED\" in t.Color; did you mean COLOR_RED?");
  EXPECT_EQ(ErrorOf(R"({"name": "x", "number": 1})"),
            "the request, line 1, column 15: \"number\" and \"name\" exclude each other (oneof "
            "choice)");
  EXPECT_EQ(ErrorOf(R"({"text": "x", "text": "y"})"),
            "the request, line 1, column 15: field \"text\" comes twice");
  EXPECT_EQ(ErrorOf(R"({"longNumber": 9223372036854775808})"),
            "the request, line 1, column 16: \"longNumber\" takes a whole number of 64 bits");
  EXPECT_EQ(ErrorOf(R"({"longNumber": 1.5})"),
            "the request, line 1, column 16: \"longNumber\" takes a whole number of 64 bits");
  EXPECT_THAT(ErrorOf(R"({"data": "!"})"), StartsWith("the request is no t.All: (data)"));
}

TEST_F(JsonMessage, NullAndWholeNumbersInEveryFormAreTaken) {
  EXPECT_EQ(ErrorOf(R"({"text": null, "pairs": null, "longNumber": 1e3})"), "fits");
  EXPECT_EQ(ErrorOf(R"({"longNumber": "12", "number": 18446744073709551615})"), "fits");
  EXPECT_EQ(ErrorOf(R"({"ratio": "NaN"})"), "fits");
}

TEST_F(JsonMessage, ATemplateFitsItsOwnType) {
  EXPECT_EQ(ErrorOf(JsonTemplate(*all_)), "fits");
  EXPECT_THAT(JsonTemplate(*all_), HasSubstr(R"("pairs": [{"first": 0, "second": 0}])"));
}

TEST_F(JsonMessage, BytesThatAreNoMessageAreAnInternalError) {
  try {
    JsonCodec(pool_).ToJson(*all_, "\x0a\x05tiny");
    FAIL() << "was taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.exit_code(), ExitCode::kStatus);
    EXPECT_THAT(failure.message(), StartsWith("the response is no t.All"));
  }
}

}  // namespace
}  // namespace polycall::cli
