// The loader of hosts, over hosts that are whole and hosts that are broken in one way each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "polycall/host.h"

namespace {

using testing::HasSubstr;
using testing::Not;

// A status that clears itself.
class Outcome {
 public:
  Outcome() = default;
  Outcome(const Outcome&) = delete;
  Outcome& operator=(const Outcome&) = delete;
  ~Outcome() { polycall_status_clear(&status_); }
  polycall_status* get() { return &status_; }
  int code() const { return status_.code; }
  std::string message() const { return status_.message != nullptr ? status_.message : ""; }

 private:
  polycall_status status_ = POLYCALL_STATUS_INIT;
};

class Loader : public testing::Test {
 protected:
  void SetUp() override { server_ = polycall_server_new(nullptr, nullptr); }
  void TearDown() override { polycall_server_free(server_); }

  static polycall_code LoadInto(polycall_server* server, const char* language, const char* module,
                                Outcome* outcome) {
    polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
    options.language = language;
    options.module = module;
    return polycall_host_load(server, &options, outcome->get());
  }
  polycall_code Load(const char* language, const char* module, Outcome* outcome) {
    return LoadInto(server_, language, module, outcome);
  }

  void ExpectRefused(const char* language, polycall_code code, const std::string& text) {
    Outcome outcome;
    EXPECT_EQ(Load(language, "echo", &outcome), code);
    EXPECT_EQ(outcome.code(), code);
    EXPECT_THAT(outcome.message(), HasSubstr(text));
  }

  static std::string List() {
    char* text = polycall_host_list();
    std::string list = text;
    polycall_string_free(text);
    return list;
  }

  // What test.<service>/Echo answers to "hello" over inproc.
  std::string Echo(const char* service) {
    char address[64];
    EXPECT_EQ(
        polycall_server_listen(server_, "inproc:loader_test", address, sizeof(address), nullptr),
        0);
    EXPECT_EQ(polycall_server_start(server_, nullptr), 0);
    polycall_channel* channel = polycall_channel_new(address, nullptr, nullptr);
    const polycall_method_descriptor method = {sizeof(method), "Echo", POLYCALL_UNARY, 0, 0,
                                               nullptr,        nullptr};
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = polycall_channel_method(channel, service, &method);
    unary.request.data = "hello";
    unary.request.size = 5;
    EXPECT_EQ(polycall_unary_call(channel, &unary), POLYCALL_OK)
        << (unary.status.message != nullptr ? unary.status.message : "");
    std::string answer(static_cast<const char*>(unary.response.data), unary.response.size);
    polycall_message_release(&unary.response);
    polycall_status_clear(&unary.status);
    polycall_channel_free(channel);
    return answer;
  }

  polycall_server* server_ = nullptr;
};

TEST_F(Loader, AModuleOfAHostServesOnTheServerThatItWasGiven) {
  Outcome outcome;
  ASSERT_EQ(Load("whole", "echo", &outcome), POLYCALL_OK) << outcome.message();
  EXPECT_EQ(Echo("test.Echo"), "hello");
}

TEST_F(Loader, AModuleMayLoadAnother) {
  Outcome outcome;
  ASSERT_EQ(Load("whole", "nested", &outcome), POLYCALL_OK) << outcome.message();
  EXPECT_EQ(Echo("test.Nested"), "hello");
}

TEST_F(Loader, ALanguageStartsOnceHoweverManyThreadsLoad) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      polycall_server* server = polycall_server_new(nullptr, nullptr);
      Outcome outcome;
      EXPECT_EQ(LoadInto(server, "crowded", "echo", &outcome), POLYCALL_OK) << outcome.message();
      polycall_server_free(server);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_STREQ(getenv("TEST_HOST_STARTS"), "1");
}

TEST_F(Loader, AStartGetsItsFolderAndTheRuntimesArguments) {
  const char* const arguments[] = {"-Xmx64m", nullptr};
  polycall_host_options options = POLYCALL_HOST_OPTIONS_INIT;
  options.language = "curious";
  options.module = "echo";
  options.arguments = arguments;
  ASSERT_EQ(polycall_host_load(server_, &options, nullptr), POLYCALL_OK);
  EXPECT_STREQ(getenv("TEST_HOST_DIRECTORY"), getenv("POLYCALL_HOST_PATH"));
  EXPECT_STREQ(getenv("TEST_HOST_ARGUMENT"), "-Xmx64m");
}

TEST_F(Loader, ALanguageWithoutAHostIsNotFoundAndTheMessageSaysWhereItLooked) {
  ExpectRefused("klingon", POLYCALL_NOT_FOUND, "libpolycall_host_klingon.so");
  ExpectRefused("klingon", POLYCALL_NOT_FOUND, getenv("POLYCALL_HOST_PATH"));
  ExpectRefused("klingon", POLYCALL_NOT_FOUND, "whole");  // what there is instead
}

TEST_F(Loader, ALanguagesNameCannotLeaveThePlaces) {
  ExpectRefused("../../whole", POLYCALL_INVALID_ARGUMENT, "../../whole");
  ExpectRefused("", POLYCALL_INVALID_ARGUMENT, "");
  ExpectRefused(nullptr, POLYCALL_INVALID_ARGUMENT, "");
}

TEST_F(Loader, AMissingModuleTextOrServerIsRefused) {
  Outcome no_module;
  EXPECT_EQ(Load("whole", nullptr, &no_module), POLYCALL_INVALID_ARGUMENT);
  EXPECT_THAT(no_module.message(), HasSubstr("no module"));
  Outcome no_server;
  EXPECT_EQ(LoadInto(nullptr, "whole", "echo", &no_server), POLYCALL_INVALID_ARGUMENT);
  EXPECT_EQ(polycall_host_load(server_, nullptr, nullptr), POLYCALL_INVALID_ARGUMENT);
}

TEST_F(Loader, AHostOfAnotherAbiIsRefusedWithBothNumbers) {
  ExpectRefused("newer", POLYCALL_FAILED_PRECONDITION, "version 99");
  ExpectRefused("newer", POLYCALL_FAILED_PRECONDITION,
                "has version " + std::to_string(POLYCALL_HOST_ABI_VERSION));
}

TEST_F(Loader, ALibraryThatIsNoHostIsRefused) {
  ExpectRefused("hollow", POLYCALL_FAILED_PRECONDITION, "polycall_host_module_get");
  ExpectRefused("renamed", POLYCALL_FAILED_PRECONDITION, "is the host of \"somebody\"");
}

TEST_F(Loader, AFileThatIsNoLibraryIsRefusedWithTheLoadersReason) {
  ExpectRefused("text", POLYCALL_FAILED_PRECONDITION, "libpolycall_host_text.so");
}

TEST_F(Loader, AFailedStartIsRememberedAndNotTriedAgain) {
  ExpectRefused("failing", POLYCALL_UNAVAILABLE, "did not boot, try 1");
  ExpectRefused("failing", POLYCALL_UNAVAILABLE, "did not boot, try 1");
  EXPECT_THAT(List(), HasSubstr("\"state\":\"failed\""));
}

TEST_F(Loader, AStartThatLoadsIsRefusedAndDoesNotHang) {
  ExpectRefused("impatient", POLYCALL_FAILED_PRECONDITION, "start cannot load modules");
}

TEST_F(Loader, AStartMayDeclareItsRuntime) {
  Outcome outcome;
  EXPECT_EQ(Load("declaring", "echo", &outcome), POLYCALL_OK) << outcome.message();
  EXPECT_THAT(List(), HasSubstr("declared_by_start"));
}

TEST_F(Loader, WhatAModuleFailsWithReachesTheCaller) {
  Outcome outcome;
  EXPECT_EQ(Load("whole", "no-such-word", &outcome), POLYCALL_NOT_FOUND);
  EXPECT_EQ(outcome.message(), "no such word");
  Outcome silent;
  EXPECT_EQ(Load("whole", "silent", &silent), POLYCALL_DATA_LOSS);
  EXPECT_THAT(silent.message(), HasSubstr("silent"));
}

TEST_F(Loader, AServerThatWasStartedTakesNoMoreModules) {
  ASSERT_EQ(polycall_server_start(server_, nullptr), POLYCALL_OK);
  ExpectRefused("whole", POLYCALL_FAILED_PRECONDITION, "");
}

TEST_F(Loader, AHostIsRefusedWhenItExcludesARuntimeThatIsHere) {
  ASSERT_EQ(polycall_host_declare("early_bird", nullptr, 0, nullptr), POLYCALL_OK);
  ExpectRefused("late_riser", POLYCALL_FAILED_PRECONDITION,
                "night_owl cannot share a process with early_bird, which is in this one already: "
                "both want the only chair");
}

TEST_F(Loader, AHostIsRefusedWhenARuntimeThatIsHereExcludesIt) {
  const polycall_host_exclusion exclusion = {"hermit_crab", "it lives alone"};
  ASSERT_EQ(polycall_host_declare("snail", &exclusion, 1, nullptr), POLYCALL_OK);
  ExpectRefused("hermit", POLYCALL_FAILED_PRECONDITION,
                "hermit_crab cannot share a process with snail, which is in this one already: it "
                "lives alone");
}

TEST_F(Loader, ADeclaredRuntimeHearsOfAHostThatExcludesIt) {
  Outcome loaded;
  ASSERT_EQ(Load("guarded", "echo", &loaded), POLYCALL_OK) << loaded.message();
  Outcome declared;
  EXPECT_EQ(polycall_host_declare("intruder", nullptr, 0, declared.get()),
            POLYCALL_FAILED_PRECONDITION);
  EXPECT_THAT(declared.message(), HasSubstr("both want the only chair"));
}

TEST_F(Loader, ARuntimeMayBeDeclaredAgain) {
  const polycall_host_exclusion exclusion = {"nobody", "of nothing"};
  EXPECT_EQ(polycall_host_declare("repeater", &exclusion, 1, nullptr), POLYCALL_OK);
  EXPECT_EQ(polycall_host_declare("repeater", &exclusion, 1, nullptr), POLYCALL_OK);
  EXPECT_EQ(polycall_host_declare(nullptr, nullptr, 0, nullptr), POLYCALL_INVALID_ARGUMENT);
}

polycall_code ProvidedStart(const polycall_host_start* start, polycall_status*) {
  EXPECT_STREQ(start->directory, "");
  EXPECT_EQ(start->arguments[0], nullptr);
  return POLYCALL_OK;
}

polycall_code ProvidedLoad(const char* module, polycall_server*, polycall_status* status) {
  polycall_status_set(status, POLYCALL_ABORTED, module, nullptr, 0);
  return POLYCALL_ABORTED;
}

TEST_F(Loader, AProgramCanProvideAHostOfItsOwnOnce) {
  static const polycall_host_module module = {sizeof(polycall_host_module),
                                              POLYCALL_HOST_ABI_VERSION,
                                              0,
                                              "homemade",
                                              nullptr,
                                              nullptr,
                                              0,
                                              ProvidedStart,
                                              ProvidedLoad};
  ASSERT_EQ(polycall_host_provide(&module, nullptr), POLYCALL_OK);
  EXPECT_THAT(List(),
              HasSubstr("{\"language\":\"homemade\",\"library\":null,\"state\":\"provided\""));
  Outcome outcome;
  EXPECT_EQ(Load("homemade", "cake", &outcome), POLYCALL_ABORTED);
  EXPECT_EQ(outcome.message(), "cake");
  EXPECT_EQ(polycall_host_provide(&module, nullptr), POLYCALL_ALREADY_EXISTS);
  EXPECT_EQ(polycall_host_provide(nullptr, nullptr), POLYCALL_INVALID_ARGUMENT);
}

TEST_F(Loader, TheListNamesPlacesHostsAndRuntimes) {
  ASSERT_EQ(polycall_host_declare("listed_runtime", nullptr, 0, nullptr), POLYCALL_OK);
  Outcome outcome;
  ASSERT_EQ(Load("whole", "echo", &outcome), POLYCALL_OK);
  const std::string list = List();
  EXPECT_THAT(list,
              HasSubstr("\"places\":[\"" + std::string(getenv("POLYCALL_HOST_PATH")) + "\","));
  EXPECT_THAT(list,
              HasSubstr("{\"language\":\"whole\",\"library\":\"" +
                        std::string(getenv("POLYCALL_HOST_PATH")) +
                        "/libpolycall_host_whole.so\",\"state\":\"started\",\"runtime\":null}"));
  EXPECT_THAT(list, HasSubstr("\"listed_runtime\""));
}

}  // namespace
