#include "codegen/cpp/emit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace polycall::codegen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class EmitCppTest : public testing::Test {
 protected:
  EmitCppTest() {
    file_.name = "shop/v1/shop.proto";
    file_.package = "shop.v1";
    auto message = std::make_unique<model::Message>();
    message->name = "Order";
    message->full_name = "shop.v1.Order";
    message->file = &file_;
    file_.messages.push_back(std::move(message));
  }

  void AddService(model::Method method) {
    method.request = file_.messages[0].get();
    method.response = file_.messages[0].get();
    auto service = std::make_unique<model::Service>();
    service->name = "Shop";
    service->full_name = "shop.v1.Shop";
    service->file = &file_;
    service->fingerprint = 0x1234;
    service->methods.push_back(std::move(method));
    file_.services.push_back(std::move(service));
  }

  std::string Emit() {
    Output output;
    EmitCpp(file_, {}, &output);
    EXPECT_THAT(output.errors(), IsEmpty());
    EXPECT_EQ(output.files().size(), 1u);
    EXPECT_EQ(output.files()[0].name, "shop/v1/shop.polycall.h");
    return output.files()[0].content;
  }

  model::File file_;
};

TEST_F(EmitCppTest, AFileWithoutServicesOnlyIncludesItsMessages) {
  EXPECT_THAT(Emit(),
              AllOf(HasSubstr("#include \"shop/v1/shop.pb.h\"\n"), Not(HasSubstr("class"))));
}

TEST_F(EmitCppTest, AServiceIsAClassInItsPackagesNamespace) {
  model::Method method;
  method.name = "Buy";
  AddService(method);
  EXPECT_THAT(Emit(), AllOf(HasSubstr("namespace shop::v1 {\n"), HasSubstr("class Shop final {\n"),
                            HasSubstr("UINT64_C(0x0000000000001234)")));
}

TEST_F(EmitCppTest, OptionsOfAMethodAreInItsTable) {
  model::Method method;
  method.name = "Buy";
  method.idempotent = true;
  method.blocking = true;
  method.default_timeout_ms = 4'000'000'000;
  AddService(method);
  EXPECT_THAT(Emit(), HasSubstr("POLYCALL_METHOD_IDEMPOTENT | POLYCALL_METHOD_BLOCKING, "
                                "INT64_C(4000000000000000),\n"));
}

TEST_F(EmitCppTest, CommentsOfAMethodStandAboveEveryFormOfIt) {
  model::Method method;
  method.name = "Buy";
  method.comment.lines = {"Pays now."};
  AddService(method);
  const std::string text = Emit();
  size_t count = 0;
  for (size_t at = text.find("// Pays now.\n"); at != std::string::npos;
       at = text.find("// Pays now.\n", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 4u) << "client and three styles of handlers";
}

TEST_F(EmitCppTest, GenericServicesAreRefusedWithWhatToDo) {
  AddService({});
  file_.cc_generic_services = true;
  Output output;
  EmitCpp(file_, {}, &output);
  EXPECT_THAT(output.files(), IsEmpty());
  EXPECT_THAT(output.errors(),
              ElementsAre(AllOf(HasSubstr("shop.v1.Shop"), HasSubstr("remove the option"))));
}

}  // namespace
}  // namespace polycall::codegen
