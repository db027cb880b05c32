#include "codegen/c/naming.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace polycall::codegen::c {
namespace {

// A file of one's own making.
class Naming : public testing::Test {
 protected:
  model::Message* AddMessage(const std::string& name, model::Message* parent = nullptr) {
    auto message = std::make_unique<model::Message>();
    message->name = name;
    message->full_name = (parent == nullptr ? file_.package : parent->full_name) +
                         (parent == nullptr && file_.package.empty() ? "" : ".") + name;
    message->file = &file_;
    message->parent = parent;
    auto& owner = parent == nullptr ? file_.messages : parent->messages;
    owner.push_back(std::move(message));
    return owner.back().get();
  }

  model::Enum* AddEnum(const std::string& name, std::initializer_list<const char*> values) {
    auto enumeration = std::make_unique<model::Enum>();
    enumeration->name = name;
    enumeration->full_name = file_.package + "." + name;
    enumeration->file = &file_;
    for (const char* value : values) {
      model::EnumValue added;
      added.name = value;
      enumeration->values.push_back(added);
    }
    file_.enums.push_back(std::move(enumeration));
    return file_.enums.back().get();
  }

  model::Service* AddService(const std::string& name, std::initializer_list<const char*> methods) {
    auto service = std::make_unique<model::Service>();
    service->name = name;
    service->full_name = file_.package + "." + name;
    service->file = &file_;
    for (const char* method : methods) {
      model::Method added;
      added.name = method;
      service->methods.push_back(added);
    }
    file_.services.push_back(std::move(service));
    return file_.services.back().get();
  }

  static model::Field* AddField(model::Message* message, const std::string& name,
                                model::Presence presence = model::Presence::kImplicit) {
    model::Field field;
    field.name = name;
    field.presence = presence;
    message->fields.push_back(field);
    return &message->fields.back();
  }

  model::File file_ = [] {
    model::File file;
    file.name = "calc/v1/calc.proto";
    file.package = "calc.v1";
    return file;
  }();
};

TEST_F(Naming, JoinsPackageAndNestingWithUnderscores) {
  model::Message* const outer = AddMessage("Outer");
  model::Message* const inner = AddMessage("Inner", outer);
  const FileNames names(file_);
  EXPECT_EQ(names.Type(*outer), "calc_v1_Outer");
  EXPECT_EQ(names.Type(*inner), "calc_v1_Outer_Inner");
}

TEST_F(Naming, NeedsNoPackageButAvoidsReservedWords) {
  file_.package.clear();
  model::Message* const plain = AddMessage("Plain");
  model::Message* const keyword = AddMessage("struct");
  const FileNames names(file_);
  EXPECT_EQ(names.Type(*plain), "Plain");
  EXPECT_EQ(names.Type(*keyword), "struct_");
}

TEST_F(Naming, TellsNamesApartThatFlattenToOne) {
  model::Message* const outer = AddMessage("A");
  model::Message* const nested = AddMessage("B", outer);
  model::Message* const flat = AddMessage("A_B");
  model::Message* const array = AddMessage("A_array");
  const FileNames names(file_);
  EXPECT_EQ(names.Type(*nested), "calc_v1_A_B");
  EXPECT_EQ(names.Type(*flat), "calc_v1_A_B_");
  EXPECT_EQ(names.Type(*array), "calc_v1_A_array_");
}

TEST_F(Naming, DoesNotDoubleAnEnumsOwnPrefix) {
  model::Enum* const color =
      AddEnum("HTTPColor", {"HTTP_COLOR_RED", "GREEN", "HTTP_COLOR_2D", "mixedCase", "RED"});
  const FileNames names(file_);
  EXPECT_EQ(names.Value(color->values[0]), "CALC_V1_HTTP_COLOR_RED");
  EXPECT_EQ(names.Value(color->values[1]), "CALC_V1_HTTP_COLOR_GREEN");
  EXPECT_EQ(names.Value(color->values[2]), "CALC_V1_HTTP_COLOR_2D");
  EXPECT_EQ(names.Value(color->values[3]), "CALC_V1_HTTP_COLOR_MIXED_CASE");
  EXPECT_EQ(names.Value(color->values[4]), "CALC_V1_HTTP_COLOR_RED_");
}

TEST_F(Naming, EscapesFieldsThatAreKeywordsMacrosOrTheCodecsOwn) {
  model::Message* const message = AddMessage("M");
  message->fields.reserve(8);
  const model::Field* const keyword = AddField(message, "class");
  const model::Field* const escaped = AddField(message, "class_");
  const model::Field* const macro = AddField(message, "errno");
  const model::Field* const own = AddField(message, "unknown_fields_");
  const model::Field* const plain = AddField(message, "userName");
  const FileNames names(file_);
  const MemberNames& members = names.Members(*message);
  EXPECT_EQ(members.field.at(keyword), "class_");
  EXPECT_EQ(members.field.at(escaped), "class__");
  EXPECT_EQ(members.field.at(macro), "errno_");
  EXPECT_EQ(members.field.at(own), "unknown_fields__");
  EXPECT_EQ(members.field.at(plain), "userName");
}

TEST_F(Naming, KeepsAFieldsNameAndMovesTheFlagOfItsNeighbour) {
  model::Message* const message = AddMessage("M");
  message->fields.reserve(2);
  const model::Field* const user = AddField(message, "user", model::Presence::kExplicit);
  const model::Field* const flag = AddField(message, "has_user");
  const FileNames names(file_);
  EXPECT_EQ(names.Members(*message).field.at(flag), "has_user");
  EXPECT_EQ(names.Members(*message).has.at(user), "has_user_");
}

TEST_F(Naming, TellsMethodsApartWhoseFunctionsWouldBeTheSame) {
  model::Service* const service =
      AddService("Calc", {"Add", "AddAsync", "Serve", "GetHTTPPage", "add"});
  const FileNames names(file_);
  EXPECT_EQ(names.Method(service->methods[0]), "add");
  EXPECT_EQ(names.Method(service->methods[1]), "add_async_");
  EXPECT_EQ(names.Method(service->methods[2]), "serve_");
  EXPECT_EQ(names.Method(service->methods[3]), "get_http_page");
  EXPECT_EQ(names.Method(service->methods[4]), "add_");
}

TEST_F(Naming, GivesTheSameFunctionTheSameNameEachTime) {
  AddMessage("M");
  FileNames names(file_);
  EXPECT_EQ(names.Function("calc_v1_M", "init"), "calc_v1_M_init");
  EXPECT_EQ(names.Function("calc_v1_M", "init"), "calc_v1_M_init");
  EXPECT_EQ(names.Function("calc_v1_M", "table"), "calc_v1_M_table_");
}

}  // namespace
}  // namespace polycall::codegen::c
