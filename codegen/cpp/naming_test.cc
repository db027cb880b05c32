#include "codegen/cpp/naming.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "codegen/cpp/keywords.h"

namespace polycall::codegen::cpp {
namespace {

model::Method MethodOf(std::string name, const model::Message* message) {
  model::Method method;
  method.name = std::move(name);
  method.request = message;
  method.response = message;
  return method;
}

class ServiceNamesTest : public testing::Test {
 protected:
  ServiceNamesTest() {
    file_.package = "p.v1";
    message_.name = "M";
    message_.file = &file_;
    service_.name = "S";
    service_.file = &file_;
  }

  ServiceNames NamesOf(std::initializer_list<const char*> methods) {
    for (const char* name : methods) service_.methods.push_back(MethodOf(name, &message_));
    return ServiceNames(service_);
  }

  model::File file_;
  model::Message message_;
  model::Service service_;
};

TEST(CppNaming, KeywordsGetAnUnderscore) {
  for (const char* word : {"delete", "class", "co_await", "NULL", "xor_eq"}) {
    EXPECT_TRUE(IsKeyword(word)) << word;
    EXPECT_EQ(Identifier(word), std::string(word) + "_");
  }
  for (const char* word : {"Delete", "add", "", "override", "final", "import"}) {
    EXPECT_EQ(Identifier(word), word);
  }
}

TEST(CppNaming, APackageIsANamespace) {
  EXPECT_EQ(NamespaceName("calc.v1"), "calc::v1");
  EXPECT_EQ(NamespaceName("calc.new.v1"), "calc::new_::v1");
  EXPECT_EQ(NamespaceName(""), "");
}

TEST(CppNaming, ANestedMessageIsNamedWithItsParents) {
  model::File file;
  file.package = "paint.v1";
  model::Message pot;
  pot.name = "Pot";
  pot.file = &file;
  model::Message lid;
  lid.name = "Lid";
  lid.file = &file;
  lid.parent = &pot;
  EXPECT_EQ(ClassName(lid), "Pot_Lid");
  EXPECT_EQ(QualifiedName(lid), "::paint::v1::Pot_Lid");
  file.package = "";
  EXPECT_EQ(QualifiedName(lid), "::Pot_Lid");
}

TEST(CppNaming, AFileIdentifierIsUnambiguous) {
  EXPECT_EQ(FileIdentifier("a/b.proto"), "a_2fb_2eproto");
  EXPECT_NE(FileIdentifier("a_b.proto"), FileIdentifier("a/b.proto"));
}

TEST_F(ServiceNamesTest, AnRpcKeepsItsName) {
  const ServiceNames names = NamesOf({"Add", "subtract"});
  EXPECT_EQ(names.method(0).call, "Add");
  EXPECT_EQ(names.method(0).async, "AddAsync");
  EXPECT_EQ(names.method(0).await, "AddAwait");
  EXPECT_EQ(names.method(1).call, "subtract");
}

TEST_F(ServiceNamesTest, AnRpcThatIsCalledLikeAnothersFormKeepsItsNameToo) {
  const ServiceNames names = NamesOf({"Add", "AddAsync", "AddAwait", "AddMethod"});
  EXPECT_EQ(names.method(1).call, "AddAsync");
  EXPECT_EQ(names.method(2).call, "AddAwait");
  EXPECT_EQ(names.method(0).async, "AddAsync_");
  EXPECT_EQ(names.method(0).await, "AddAwait_");
}

TEST_F(ServiceNamesTest, AnRpcThatIsCalledLikeSomethingOfOursGetsAnUnderscore) {
  const ServiceNames names = NamesOf({"Client", "Service", "delete", "channel", "delete_"});
  EXPECT_EQ(names.method(0).call, "Client_");
  EXPECT_EQ(names.method(1).call, "Service_");
  EXPECT_EQ(names.method(3).call, "channel_");
  EXPECT_EQ(names.method(4).call, "delete_");
  EXPECT_EQ(names.method(2).call, "delete__");
}

TEST_F(ServiceNamesTest, AnRpcMayBeCalledLikeItsServiceButNoAliasMay) {
  service_.name = "AddMethod";
  const ServiceNames names = NamesOf({"AddMethod", "Add"});
  EXPECT_EQ(names.method(0).call, "AddMethod");
  service_.methods.clear();
  EXPECT_EQ(NamesOf({"Add"}).method(0).traits, "AddMethod_");
}

TEST_F(ServiceNamesTest, NoTwoNamesAreTheSame) {
  const ServiceNames names = NamesOf({"A", "AAsync", "AAsyncAsync", "AAwait", "AMethod", "A_"});
  std::set<std::string> all;
  for (size_t i = 0; i < service_.methods.size(); ++i) {
    for (const std::string& name : {names.method(i).call, names.method(i).async,
                                    names.method(i).await, names.method(i).traits}) {
      EXPECT_TRUE(all.insert(name).second) << name;
    }
  }
}

TEST_F(ServiceNamesTest, ATypeThatAnRpcHidesIsQualified) {
  const ServiceNames plain = NamesOf({"Add"});
  EXPECT_EQ(plain.TypeName(message_), "M");
  const ServiceNames hidden = NamesOf({"M"});
  EXPECT_EQ(hidden.TypeName(message_), "::p::v1::M");
}

TEST_F(ServiceNamesTest, ATypeOfAnotherPackageIsQualified) {
  model::File other;
  other.package = "q";
  model::Message message;
  message.name = "M";
  message.file = &other;
  EXPECT_EQ(NamesOf({"Add"}).TypeName(message), "::q::M");
}

}  // namespace
}  // namespace polycall::codegen::cpp
