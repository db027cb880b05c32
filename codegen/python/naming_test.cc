#include "codegen/python/naming.h"

#include <gtest/gtest.h>

#include "codegen/model/model.h"

namespace polycall::codegen::python {
namespace {

model::Service ServiceWith(std::vector<std::string> rpcs, model::Kind kind = model::Kind::kUnary) {
  model::Service service;
  for (std::string& rpc : rpcs) {
    model::Method method;
    method.name = std::move(rpc);
    method.kind = kind;
    service.methods.push_back(std::move(method));
  }
  return service;
}

TEST(PythonNaming, FunctionsAreInSnakeCase) {
  EXPECT_EQ(FunctionName("GetHTTPPage"), "get_http_page");
  EXPECT_EQ(FunctionName("add"), "add");
}

TEST(PythonNaming, KeywordsGetATrailingUnderscore) {
  EXPECT_EQ(FunctionName("Import"), "import_");
  EXPECT_EQ(FunctionName("lambda"), "lambda_");
  EXPECT_EQ(FunctionName("match"), "match") << "soft keywords may be names";
}

TEST(PythonNaming, WhatIsNoIdentifierGetsAPrefix) {
  EXPECT_EQ(FunctionName("_3d"), "call_3d");
  EXPECT_EQ(FunctionName("__"), "call_");
}

TEST(PythonNaming, RpcsThatDifferOnlyInCaseStayApart) {
  const model::Service service = ServiceWith({"GetUser", "get_user", "getUser"});
  const ServiceNames names(service);
  EXPECT_EQ(names.Function(0), "get_user");
  EXPECT_EQ(names.Function(1), "get_user_");
  EXPECT_EQ(names.Function(2), "get_user__");
}

TEST(PythonNaming, AHelperGivesWayToAnRpcOfItsName) {
  const model::Service service = ServiceWith({"Add", "AddFuture"});
  const ServiceNames names(service);
  EXPECT_EQ(names.Function(1), "add_future");
  EXPECT_EQ(names.Future(0), "add_future_");
}

TEST(PythonNaming, ModulesAreNamedAsProtocNamesThem) {
  EXPECT_EQ(ModuleName("calc/v1/my-calc.proto"), "calc.v1.my_calc");
  EXPECT_TRUE(IsImportable("calc.v1.my_calc_pb2"));
  EXPECT_FALSE(IsImportable("calc.import.x_pb2"));
  EXPECT_FALSE(IsImportable("3d.x_pb2"));
}

TEST(PythonNaming, TwoServicesDoNotShareAClass) {
  model::File file;
  file.name = "a.proto";
  for (const char* name : {"Calc", "CalcAsync"}) {
    auto service = std::make_unique<model::Service>();
    service->name = name;
    service->file = &file;
    file.services.push_back(std::move(service));
  }
  const ModuleNames names(file);
  EXPECT_EQ(names.service(*file.services[0]).async_client, "CalcAsyncClient");
  EXPECT_EQ(names.service(*file.services[1]).client, "CalcAsyncClient_");
}

}  // namespace
}  // namespace polycall::codegen::python
