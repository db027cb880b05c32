#include "codegen/java/naming.h"

#include <gtest/gtest.h>

#include "codegen/java/javadoc.h"
#include "codegen/java/service.h"
#include "codegen/model/model.h"

namespace polycall::codegen::java {
namespace {

model::File FileNamed(const std::string& name, const std::string& package = "calc.v1") {
  model::File file;
  file.name = name;
  file.package = package;
  return file;
}

model::Message* AddMessage(model::File* file, const std::string& name) {
  auto message = std::make_unique<model::Message>();
  message->name = name;
  message->full_name = file->package + "." + name;
  message->file = file;
  file->messages.push_back(std::move(message));
  return file->messages.back().get();
}

TEST(JavaNaming, FunctionsAreInLowerCamelCase) {
  EXPECT_EQ(FunctionName("GetHTTPPage"), "getHttpPage");
  EXPECT_EQ(FunctionName("add"), "add");
  EXPECT_EQ(FunctionName("get_user"), "getUser");
}

TEST(JavaNaming, KeywordsAndFunctionsOfEveryObjectGetATrailingUnderscore) {
  EXPECT_EQ(FunctionName("Import"), "import_");
  EXPECT_EQ(FunctionName("Notify"), "notify_");
  EXPECT_EQ(FunctionName("GetClass"), "getClass_");
  EXPECT_EQ(FunctionName("Yield"), "yield") << "contextual keywords may be names";
}

TEST(JavaNaming, WhatIsNoIdentifierGetsAPrefix) {
  EXPECT_EQ(FunctionName("_1st"), "call1st");
  EXPECT_EQ(FunctionName("__"), "call");
}

TEST(JavaNaming, RpcsThatDifferOnlyInCaseStayApart) {
  model::Service service;
  for (const char* rpc : {"GetUser", "get_user", "PolycallDefinition", "Request"}) {
    model::Method method;
    method.name = rpc;
    service.methods.push_back(std::move(method));
  }
  const ServiceNames names(service);
  EXPECT_EQ(names.Function(0), "getUser");
  EXPECT_EQ(names.Function(1), "getUser_");
  EXPECT_EQ(names.Function(2), "polycallDefinition_") << "the base class has such a function";
  EXPECT_EQ(names.Field(1), "getUser_method");
  EXPECT_EQ(names.Field(3), "requestMethod");
}

TEST(JavaNaming, TheOuterClassIsNamedAsProtocNamesIt) {
  EXPECT_EQ(OuterClass(FileNamed("calc/v1/my-calc_2x.proto")), "MyCalc2X");
  model::File clashing = FileNamed("calc.proto");
  AddMessage(&clashing, "Calc");
  EXPECT_EQ(OuterClass(clashing), "CalcOuterClass");
  clashing.java_outer_classname = "Mine";
  EXPECT_EQ(OuterClass(clashing), "Mine");
}

TEST(JavaNaming, MessagesAreWhereProtocPutsThem) {
  model::File file = FileNamed("calc.proto");
  const model::Message* message = AddMessage(&file, "AddRequest");
  EXPECT_EQ(QualifiedClass(*message), "calc.v1.Calc.AddRequest");
  file.java_package = "com.example";
  EXPECT_EQ(QualifiedClass(*message), "com.example.Calc.AddRequest");
  file.java_multiple_files = true;
  EXPECT_EQ(QualifiedClass(*message), "com.example.AddRequest");
  file.java_package.clear();
  file.package.clear();
  EXPECT_EQ(QualifiedClass(*message), "AddRequest");
}

TEST(JavaNaming, WhatJavaCannotNameIsSaidWithWhatToDo) {
  model::File keyword = FileNamed("a.proto", "a.import.b");
  EXPECT_NE(UnspeakablePackage(keyword).find("option java_package"), std::string::npos);
  keyword.java_package = "a.b";
  EXPECT_EQ(UnspeakablePackage(keyword), "");
  EXPECT_NE(Unspeakable(*AddMessage(&keyword, "class"), keyword).find("rename"), std::string::npos);
  model::File unnamed = FileNamed("u.proto", "");
  const model::Message* message = AddMessage(&unnamed, "Lost");
  EXPECT_NE(Unspeakable(*message, keyword), "");
  EXPECT_EQ(Unspeakable(*message, unnamed), "");
}

TEST(JavaNaming, GeneratedClassesMakeWayForMessages) {
  model::File file = FileNamed("calc.proto");
  file.java_multiple_files = true;
  AddMessage(&file, "CalcClient");
  file.services.push_back(std::make_unique<model::Service>());
  file.services[0]->name = "Calc";
  const ClassNames names(file);
  EXPECT_EQ(names.service(*file.services[0]).client, "CalcClient_");
  EXPECT_EQ(names.service(*file.services[0]).service, "CalcService");
}

TEST(Javadoc, CommentsMeanThemselves) {
  EXPECT_EQ(EscapeJavadoc("a */ b"), "a *&#47; b");
  EXPECT_EQ(EscapeJavadoc("{@code x} <b> & \\u002a"), "{&#64;code x} &lt;b&gt; &amp; &#92;u002a");
}

TEST(Javadoc, AnEmptyLineBeginsAParagraph) {
  Writer writer;
  WriteJavadoc({{"One.", "", "Two."}}, "", {}, false, &writer);
  EXPECT_EQ(writer.text(), "/**\n * One.\n *\n * <p>Two.\n */\n");
}

TEST(Signature, ALongOneWithoutParametersKeepsItsParentheses) {
  Writer writer;
  const std::string type = "public AsyncClientStream<" + std::string(80, 'Q') + ", Reply>";
  WriteSignature(type + " sum", {}, " {", &writer);
  EXPECT_EQ(writer.text(), type + "\n    sum() {\n");
}

}  // namespace
}  // namespace polycall::codegen::java
