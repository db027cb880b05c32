// The C host: plain functions of C and assembly, register functions, and what it refuses.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "assembled.polycall.h"
#include "fixture.h"
#include "plain.polycall.h"

namespace {

using plain::v1::Plain;
using polycall_tests::Hosted;
using polycall_tests::TryLoad;
using testing::HasSubstr;

const std::string kModules = HOST_TEST_MODULES;  // where CMake puts the libraries
const std::string kSources = HOST_TEST_SOURCES;
const std::string kPlain = kModules + "/libplain.so:" + kSources + "/plain.proto";

plain::v1::MixRequest Mixed() {
  plain::v1::MixRequest request;
  request.set_a(1.5);
  request.set_b(-2.25f);
  request.set_c(-3);
  request.set_d(INT64_MIN);
  request.set_e(4000000000u);
  request.set_f(UINT64_MAX);
  request.set_g(INT32_MIN);
  request.set_h(-8);
  request.set_i(9);
  request.set_j(10);
  request.set_k(-11);
  request.set_l(-12);
  request.set_m(true);
  request.set_n(plain::v1::COLOUR_DEEP);
  return request;
}

plain::v1::Pair PairOf(double left, double right) {
  plain::v1::Pair pair;
  pair.set_left(left);
  pair.set_right(right);
  return pair;
}

TEST(CHost, EveryScalarTypeArrivesAtAPlainFunctionOverEachTransport) {
  const Hosted hosted("c", kPlain);
  EXPECT_EQ(Plain::Client(hosted.inproc()).Mix(Mixed())->mismatches(), 0);
  EXPECT_EQ(Plain::Client(hosted.tcp()).Mix(Mixed())->mismatches(), 0);
}

TEST(CHost, FieldsThatAreNotSetArriveAsZero) {
  const Hosted hosted("c", kPlain);
  EXPECT_EQ(Plain::Client(hosted.inproc()).Mix({})->mismatches(), 14);
}

TEST(CHost, ArgumentsComeInTheOrderOfFieldNumbersAndTheLongFunctionNameWins) {
  const Hosted hosted("c", kPlain);
  EXPECT_EQ(Plain::Client(hosted.inproc()).Subtract(PairOf(10, 4))->value(), 6);
}

TEST(CHost, StringsAndBytesArriveAsPointerAndLength) {
  const Hosted hosted("c", kPlain);
  const Plain::Client client(hosted.inproc());
  plain::v1::Words words;
  EXPECT_EQ(client.GetURLLength(words)->bytes(), 0);
  words.set_text("seven..");
  words.set_raw(std::string("\0\1\2", 3));
  EXPECT_EQ(client.GetURLLength(words)->bytes(), 703);
}

TEST(CHost, ResultsOfEachWidthComeBack) {
  const Hosted hosted("c", kPlain);
  const Plain::Client client(hosted.inproc());
  plain::v1::Flag flag;
  EXPECT_TRUE(client.Not(flag)->value());
  flag.set_value(true);
  EXPECT_FALSE(client.Not(flag)->value());
  plain::v1::Single single;
  single.set_value(-3);
  EXPECT_EQ(client.Half(single)->value(), -1.5f);
  plain::v1::Turned turned;
  turned.set_colour(plain::v1::COLOUR_DEEP);
  EXPECT_EQ(static_cast<int>(client.Turn(turned)->colour()), 7);  // no enum value: open, kept
  plain::v1::Narrowed narrowed;
  narrowed.set_value(-5);
  EXPECT_EQ(client.Narrow(narrowed)->value(), -5);
}

TEST(CHost, AResultThatTellsPresenceIsThereEvenIfZero) {
  const Hosted hosted("c", kPlain);
  EXPECT_TRUE(Plain::Client(hosted.inproc()).Narrow({})->has_value());
}

TEST(CHost, FunctionsWithoutResultAndWithoutParametersServeEmptyMessages) {
  const Hosted hosted("c", kPlain);
  const Plain::Client client(hosted.inproc());
  plain::v1::Number number;
  number.set_value(42);
  EXPECT_TRUE(client.Forget(number).ok());
  EXPECT_EQ(client.Recall({})->value(), 42);
}

TEST(CHost, AMethodsOptionNamesItsFunction) {
  const Hosted hosted("c", kPlain);
  EXPECT_EQ(Plain::Client(hosted.inproc()).Renamed(PairOf(6, 7))->value(), 42);
}

TEST(CHost, AssembledFunctionsAreServedLikeThoseOfC) {
  const Hosted hosted("c", kModules + "/libassembled.so");  // assembled.proto lies beside it
  const assembled::v1::Assembled::Client client(hosted.inproc());
  assembled::v1::Sides sides;
  sides.set_a(3);
  sides.set_b(4);
  EXPECT_EQ(client.Hypotenuse(sides)->value(), 5);
  assembled::v1::Bits bits;
  bits.set_bits(0xff00000000000001u);
  EXPECT_EQ(client.CountOnes(bits)->ones(), 9u);
  bits.set_inverted(true);
  EXPECT_EQ(client.CountOnes(bits)->ones(), 55u);
}

TEST(CHost, ADescriptorSetServesAsWellAsItsSource) {
  const Hosted hosted("c", kModules + "/libplain.so:" + kModules + "/plain.desc");
  EXPECT_EQ(Plain::Client(hosted.inproc()).Subtract(PairOf(1, 2))->value(), -1);
}

TEST(CHost, ARequestThatIsNoProtobufIsAnInvalidArgument) {
  const Hosted hosted("c", kPlain);
  const auto channel = hosted.inproc();
  const polycall_method_descriptor method = {sizeof(method), "Subtract", POLYCALL_UNARY, 0, 0,
                                             nullptr,        nullptr};
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(channel->get(), "plain.v1.Plain", &method);
  unary.request.data = "\x11\x00";  // a double that ends early
  unary.request.size = 2;
  EXPECT_EQ(polycall_unary_call(channel->get(), &unary), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(unary.status.message, HasSubstr("plain.v1.Pair"));
  polycall_status_clear(&unary.status);
}

TEST(CHost, FieldsThatTheFunctionDoesNotKnowAreIgnored) {
  const Hosted hosted("c", kPlain);
  const auto channel = hosted.inproc();
  const polycall_method_descriptor method = {sizeof(method), "Not",  POLYCALL_UNARY, 0, 0,
                                             nullptr,        nullptr};
  std::string request = "\x08\x01";
  for (int i = 0; i < 200; ++i)
    request += std::string(
        "\x78\x05\x82\x01\x03"
        "abc",
        8);  // 15 and 16
  polycall_unary unary = POLYCALL_UNARY_INIT;
  unary.method = polycall_channel_method(channel->get(), "plain.v1.Plain", &method);
  unary.request.data = request.data();
  unary.request.size = request.size();
  EXPECT_EQ(polycall_unary_call(channel->get(), &unary), POLYCALL_OK);
  EXPECT_EQ(unary.response.size, 0u);  // false
  polycall_message_release(&unary.response);
}

TEST(CHost, TheServerDescribesPlainFunctionsAsAnyService) {
  const Hosted hosted("c", kPlain);
  const auto channel = hosted.tcp();
  ASSERT_TRUE(channel->WaitReady(std::chrono::seconds(20)).ok());
  EXPECT_THAT(channel->Explain(), HasSubstr("plain.v1.Plain"));
}

TEST(CHost, ARegisterFunctionServesWithTheWholeBinding) {
  const Hosted hosted("c", kModules + "/libregistering.so");
  const Plain::Client client(hosted.inproc());
  EXPECT_EQ(client.Subtract(PairOf(5, 2))->value(), 3);
  const auto refused = client.Subtract(PairOf(2, 5));
  EXPECT_EQ(refused.status().code(), polycall::Code::kOutOfRange);
  EXPECT_EQ(refused.status().message(), "less than nothing");
}

TEST(CHost, WhatARegisterFunctionRefusesWithReachesTheCaller) {
  const polycall::Status status = TryLoad("c", kModules + "/libregistering.so:refuse");
  EXPECT_EQ(status.code(), polycall::Code::kPermissionDenied);
  EXPECT_EQ(status.message(), "not today");
}

TEST(CHost, AModuleInCppServesAndItsHandlersExceptionsBecomeStatuses) {
  const Hosted hosted("c", kModules + "/libcpp_module.so");
  const auto channel = hosted.inproc();
  const auto subtract = [&](double left, double right, polycall_unary* unary) {
    const polycall_method_descriptor method = {sizeof(method), "Subtract", POLYCALL_UNARY, 0, 0,
                                               nullptr,        nullptr};
    const std::string request = PairOf(left, right).SerializeAsString();
    unary->method = polycall_channel_method(channel->get(), "module.v1.Module", &method);
    unary->request.data = request.data();
    unary->request.size = request.size();
    return polycall_unary_call(channel->get(), unary);
  };
  polycall_unary fine = POLYCALL_UNARY_INIT;
  ASSERT_EQ(subtract(5, 7, &fine), POLYCALL_OK);
  plain::v1::Number number;
  ASSERT_TRUE(number.ParseFromArray(fine.response.data, static_cast<int>(fine.response.size)));
  EXPECT_EQ(number.value(), -2);
  polycall_message_release(&fine.response);
  polycall_unary thrown = POLYCALL_UNARY_INIT;
  EXPECT_EQ(subtract(1e7, 0, &thrown), POLYCALL_UNKNOWN);
  EXPECT_THAT(thrown.status.message, HasSubstr("too large for this module"));
  polycall_status_clear(&thrown.status);
}

struct Refusal {
  std::string service;
  polycall::Code code;
  std::string text;
};

class CHostRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(CHostRefuses, AMethodThatNoPlainFunctionCanServe) {
  const polycall::Status status =
      TryLoad("c", kModules + "/libplain.so:" + kSources + "/refused.proto:refused.v1." +
                       GetParam().service);
  EXPECT_EQ(status.code(), GetParam().code) << status.message();
  EXPECT_THAT(status.message(), HasSubstr(GetParam().text));
  EXPECT_THAT(status.message(), HasSubstr("refused.v1." + GetParam().service + "/"));
}

constexpr auto kInvalid = polycall::Code::kInvalidArgument;
INSTANTIATE_TEST_SUITE_P(
    Signatures, CHostRefuses,
    testing::Values(
        Refusal{"Stream", kInvalid, "is a stream"},
        Refusal{"Nested", kInvalid, "field inner of refused.v1.HasMessage is a message"},
        Refusal{"Repeated", kInvalid, "field points of refused.v1.HasRepeated is repeated"},
        Refusal{"Choice", kInvalid, "field number of refused.v1.HasOneof belongs to a oneof"},
        Refusal{"Map", kInvalid, "field entries of refused.v1.HasMap is repeated"},
        Refusal{"TextResult", kInvalid, "field text of refused.v1.Text is a string"},
        Refusal{"TwoResults", kInvalid, "refused.v1.Two has 2 fields"},
        Refusal{"Missing", polycall::Code::kNotFound,
                "no function refused_v1_missing_nowhere_to_be_found or nowhere_to_be_found"},
        Refusal{"System", polycall::Code::kNotFound, "no function"}),
    [](const auto& refusal) { return refusal.param.service; });

void ExpectLoadFails(const std::string& module, polycall::Code code, const std::string& text) {
  const polycall::Status status = TryLoad("c", module);
  EXPECT_EQ(status.code(), code) << status.message();
  EXPECT_THAT(status.message(), HasSubstr(text));
}

TEST(CHost, AModuleThatIsNotThereIsNotFound) {
  ExpectLoadFails("/nowhere/libnothing.so", polycall::Code::kNotFound, "/nowhere/libnothing.so");
  ExpectLoadFails(kModules + "/libplain.so:/nowhere/a.proto", polycall::Code::kNotFound,
                  "/nowhere/a.proto");
  ExpectLoadFails(kModules + "/libplain.so:/nowhere/a.desc", polycall::Code::kNotFound,
                  "/nowhere/a.desc");
  ExpectLoadFails(kPlain + ":plain.v1.Fancy", polycall::Code::kNotFound, "plain.v1.Fancy");
}

TEST(CHost, AModuleTextThatMakesNoSenseIsExplained) {
  ExpectLoadFails(kModules + "/libplain.so:no_such_function", kInvalid,
                  "exports no function no_such_function");
  ExpectLoadFails(kModules + "/libplain.so:a:b:c", kInvalid, "library.so:file.proto");
  ExpectLoadFails(":x", kInvalid, "names no library");
  ExpectLoadFails(kModules + "/libbare.so", kInvalid, "bare.proto");
}

TEST(CHost, FilesThatAreNotWhatTheirNameSaysAreRefused) {
  const std::string folder = testing::TempDir();
  std::ofstream(folder + "/broken.proto") << "syntax = \"proto3\";\nservice Oops {\n";
  std::ofstream(folder + "/broken.desc") << "certainly no descriptor set";
  std::ofstream(folder + "/empty.desc") << "";
  std::ofstream(folder + "/text.so") << "no library";
  ExpectLoadFails(kModules + "/libplain.so:" + folder + "/broken.proto", kInvalid, "broken.proto:");
  ExpectLoadFails(kModules + "/libplain.so:" + folder + "/broken.desc", kInvalid,
                  "no descriptor set");
  ExpectLoadFails(kModules + "/libplain.so:" + folder + "/empty.desc", kInvalid,
                  "no descriptor set");
  ExpectLoadFails(kModules + "/libplain.so:" + folder, kInvalid, "is no module of C");
  ExpectLoadFails(folder + "/text.so", kInvalid, "text.so");
}

TEST(CHost, WithoutProtocTheMessageNamesTheOtherWay) {
  const std::string path = getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  ExpectLoadFails(kPlain, polycall::Code::kFailedPrecondition, "give the host a .desc");
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
