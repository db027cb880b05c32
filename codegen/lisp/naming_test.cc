#include "codegen/lisp/naming.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "codegen/model/model.h"

namespace polycall::codegen::lisp {
namespace {

model::Message* AddMessage(model::File* file, const std::string& name,
                           std::vector<std::string> fields) {
  auto message = std::make_unique<model::Message>();
  message->name = name;
  message->file = file;
  for (std::string& field : fields) {
    model::Field made;
    made.name = std::move(field);
    message->fields.push_back(std::move(made));
  }
  file->messages.push_back(std::move(message));
  return file->messages.back().get();
}

TEST(LispNaming, SymbolsAreInKebabCase) {
  EXPECT_EQ(SymbolName("GetHTTPPage"), "get-http-page");
  EXPECT_EQ(SymbolName("account_id"), "account-id");
}

TEST(LispNaming, WhatReadsAsANumberGetsAPrefix) {
  EXPECT_EQ(SymbolName("_3d"), "n-3d");
  EXPECT_EQ(SymbolName("__"), "n-");
}

TEST(LispNaming, APackageForEachProtoPackage) {
  EXPECT_EQ(PackageName("calc.v1"), "calc.v1");
  EXPECT_EQ(PackageName("only_messages"), "only-messages");
  EXPECT_EQ(PackageName(""), "proto-user");
}

TEST(LispNaming, PackagesOfLispItselfAreLeftAlone) {
  EXPECT_EQ(PackageName("polycall"), "polycall.proto");
  EXPECT_EQ(PackageName("cl"), "cl.proto");
  EXPECT_EQ(PackageName("sb_ext"), "sb-ext.proto");
}

TEST(LispNaming, FieldsThatBecomeOneNameStayApart) {
  model::File file;
  const auto* message = AddMessage(&file, "User", {"user_name", "userName", "user__name"});
  const FileNames names(file);
  EXPECT_EQ(names.Of(*message).fields,
            (std::vector<std::string>{"user-name", "user-name*", "user-name**"}));
}

TEST(LispNaming, AnAccessorGivesWayToThePredicate) {
  model::File file;
  const auto* message = AddMessage(&file, "Thing", {"p"});
  const FileNames names(file);
  EXPECT_EQ(names.Of(*message).predicate, "thing-p");
  EXPECT_EQ(names.Of(*message).accessors[0], "thing-p*");
}

TEST(LispNaming, EnumValuesLoseTheirTypesName) {
  model::File file;
  auto colour = std::make_unique<model::Enum>();
  colour->name = "Colour";
  for (const char* name : {"COLOUR_RED", "GREEN", "COLOUR_GREEN", "COLOUR_3D"}) {
    model::EnumValue value;
    value.name = name;
    colour->values.push_back(value);
  }
  const model::Enum* const made = colour.get();
  file.enums.push_back(std::move(colour));
  const FileNames names(file);
  EXPECT_EQ(names.Of(*made).values,
            (std::vector<std::string>{"red", "green", "colour-green", "colour-3-d"}));
}

TEST(LispNaming, ServicesShareHandlersAndNotClientFunctions) {
  model::File file;
  for (const char* name : {"First", "Second"}) {
    auto service = std::make_unique<model::Service>();
    service->name = name;
    model::Method method;
    method.name = "Echo";
    service->methods.push_back(method);
    file.services.push_back(std::move(service));
  }
  const FileNames names(file);
  EXPECT_EQ(names.Of(*file.services[0]).methods[0].handler, "echo");
  EXPECT_EQ(names.Of(*file.services[1]).methods[0].handler, "echo");
  EXPECT_EQ(names.Of(*file.services[0]).methods[0].function, "first-echo");
  EXPECT_EQ(names.Of(*file.services[1]).methods[0].extra, "second-echo-future");
}

}  // namespace
}  // namespace polycall::codegen::lisp
