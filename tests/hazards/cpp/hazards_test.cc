// Every hazard proto, compiled and run: random messages go through every unary method and come back
// the same, passed as objects (inproc) and as bytes (unix); and one call of every kind.
#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "echo_services.h"
#include "fill.h"
#include "hazards/big_enum.polycall.h"
#include "hazards/collisions.polycall.h"
#include "hazards/deep/er/package/deep.polycall.h"
#include "hazards/empty.polycall.h"
#include "hazards/enums.polycall.h"
#include "hazards/imports.polycall.h"
#include "hazards/keywords.polycall.h"
#include "hazards/maps.polycall.h"
#include "hazards/no_package.polycall.h"
#include "hazards/nothing.polycall.h"
#include "hazards/only_messages.polycall.h"
#include "hazards/presence.polycall.h"
#include "hazards/proto2.polycall.h"
#include "hazards/public_import.polycall.h"
#include "hazards/recursion.polycall.h"
#include "hazards/streaming.polycall.h"
#include "hazards/twin/left.polycall.h"
#include "hazards/twin/right.polycall.h"
#include "hazards/unicode.polycall.h"
#include "hazards/wide.polycall.h"

namespace polycall_hazards {
namespace {

namespace keywords = hazards::import::package::def::lambda::nil;

class HazardsTest : public testing::TestWithParam<std::string> {
 protected:
  HazardsTest() {
    polycall::Status added = AddEchoServices(&server_);
    EXPECT_TRUE(added.ok()) << added.ToString();
    const std::string name = "polycall-hazards-" + std::to_string(getpid());
    const std::string target =
        GetParam() == "unix" ? "unix:" + testing::TempDir() + name + ".sock" : "inproc:" + name;
    const polycall::StatusOr<std::string> address = server_.Listen(target);
    EXPECT_TRUE(address.ok()) << address.status().ToString();
    polycall::Status started = server_.Start();
    EXPECT_TRUE(started.ok()) << started.ToString();
    channel_ = polycall::Channel::Create(address.value()).value();
  }

  // Random messages, `echo`ed, come back the same.
  template <typename Message, typename Echo>
  void Check(Echo&& echo) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      SCOPED_TRACE(Message::descriptor()->full_name() + ", seed " + std::to_string(seed));
      std::mt19937 random(seed);
      Message message;
      if (seed > 0) Fill(&message, &random);
      if (!message.IsInitialized()) continue;
      const polycall::StatusOr<Message> answer = echo(message);
      ASSERT_TRUE(answer.ok()) << answer.status().ToString();
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(message, *answer))
          << message.DebugString() << "came back as\n"
          << answer->DebugString();
    }
  }

  polycall::Server server_;
  std::shared_ptr<polycall::Channel> channel_;
};

TEST_P(HazardsTest, ThreeHundredFieldsComeBack) {
  const hazards::wide::WideEcho::Client client(channel_);
  Check<hazards::wide::Wide>([&](const auto& message) { return client.Echo(message); });
}

TEST_P(HazardsTest, RecursiveMessagesComeBack) {
  const hazards::recursion::Recursion::Client client(channel_);
  Check<hazards::recursion::Tree>([&](const auto& message) { return client.EchoTree(message); });
  Check<hazards::recursion::Forest>(
      [&](const auto& message) { return client.EchoForest(message); });
  Check<hazards::recursion::Hen>([&](const auto& message) { return client.EchoHen(message); });
}

TEST_P(HazardsTest, AMessageNestedFiftyDeepComesBack) {
  hazards::recursion::Tree tree;
  hazards::recursion::Tree* inner = &tree;
  for (int i = 0; i < 50; ++i) {
    inner->set_label(std::to_string(i));
    inner = i % 2 == 0 ? inner->mutable_left() : inner->mutable_right();
  }
  const auto answer = hazards::recursion::Recursion::Client(channel_).EchoTree(tree);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->SerializeAsString(), tree.SerializeAsString());
}

TEST_P(HazardsTest, MapsComeBack) {
  const hazards::maps::Maps_::Client client(channel_);
  Check<hazards::maps::Maps>([&](const auto& message) { return client.Echo(message); });
}

TEST_P(HazardsTest, PresenceComesBack) {
  const hazards::presence::PresenceEcho::Client client(channel_);
  Check<hazards::presence::Presence>([&](const auto& message) { return client.Echo(message); });
  hazards::presence::Presence zeros;
  zeros.set_maybe_int(0);
  zeros.set_maybe_string("");
  zeros.set_flag(false);
  const auto answer = client.Echo(zeros);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_TRUE(answer->has_maybe_int());
  EXPECT_TRUE(answer->has_maybe_string());
  EXPECT_FALSE(answer->has_maybe_bytes());
  EXPECT_EQ(answer->choice_case(), hazards::presence::Presence::kFlag);
}

TEST_P(HazardsTest, EnumsComeBack) {
  const hazards::enums::EnumsEcho::Client client(channel_);
  Check<hazards::enums::Enums>([&](const auto& message) { return client.Echo(message); });
  hazards::enums::Enums unknown;
  unknown.set_outer(static_cast<hazards::enums::Signed>(4711));
  const auto answer = client.Echo(unknown);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(static_cast<int>(answer->outer()), 4711);
}

TEST_P(HazardsTest, AThousandEnumValuesAreDistinct) {
  hazards::enums::BigEnum big;
  for (int i = 0; i < 1000; ++i) {
    big.add_bigs(static_cast<hazards::enums::Big>(i < 500 ? i : i * i * (i % 2 == 0 ? -1 : 1)));
  }
  hazards::enums::BigEnum parsed;
  ASSERT_TRUE(parsed.ParseFromString(big.SerializeAsString()));
  EXPECT_EQ(parsed.bigs_size(), 1000);
}

TEST_P(HazardsTest, NamesThatDifferInCaseComeBack) {
  const hazards::collisions::Collisions_::Client client(channel_);
  Check<hazards::collisions::Collisions>([&](const auto& message) { return client.Echo(message); });
  hazards::collisions::UserInfo user;
  user.set_a(1);
  EXPECT_EQ(client.get_user(user).value().a(), 2);
  hazards::collisions::userInfo other;
  other.set_a(1);
  EXPECT_EQ(client.GetUser(other).value().a(), 1);
}

TEST_P(HazardsTest, KeywordsAreNamesLikeOthers) {
  const keywords::Keywords::Client client(channel_);
  Check<keywords::Fields>([&](const auto& message) { return client.Echo(message); });
  Check<keywords::Outer>([&](const auto& message) { return client.Swap(message); });
  keywords::request request;
  request.set_value(7);
  EXPECT_EQ(client.delete_(request).value().value(), 7);
  EXPECT_EQ(client.class_(request).value().value(), 7);
  EXPECT_EQ(client.Client_(request).value().value(), 7);
  EXPECT_EQ(client.Status(request).value().value(), 7);
  EXPECT_EQ(client.Keywords(request).value().value(), 7);
  EXPECT_EQ(client.Add(request).value().value(), 7);
  EXPECT_EQ(client.AddAsync(request).value().value(), 7);
  EXPECT_EQ(client.AddAwait(request).value().value(), 7);
  EXPECT_EQ(client.new_(request).status().code(), polycall::Code::kUnimplemented);

  auto stream = client.goto_();
  keywords::delete_ asked;
  asked.set_value(3);
  ASSERT_TRUE(stream.Write(asked));
  stream.WritesDone();
  for (const keywords::lambda& answer : stream) EXPECT_EQ(answer.value(), 3);
  EXPECT_TRUE(stream.Finish().ok());
}

TEST_P(HazardsTest, TwinsKnowTheirPackages) {
  const hazards::twin::left::Echo::Client left(channel_);
  const hazards::twin::right::Echo::Client right(channel_);
  Check<hazards::twin::left::Thing>([&](const auto& message) { return left.Echo(message); });
  Check<hazards::twin::right::Thing>([&](const auto& message) { return right.Echo(message); });
}

TEST_P(HazardsTest, ImportedMessagesComeBack) {
  const hazards::imports::ImportsEcho::Client client(channel_);
  Check<hazards::imports::Imports>([&](const auto& message) { return client.Echo(message); });
  EXPECT_TRUE(client.Nothing(google::protobuf::Empty()).ok());
  hazards::twin::left::Thing thing;
  thing.set_name("four");
  EXPECT_EQ(client.Left(thing).value().name(), 4);
  auto reader = client.Tree(hazards::recursion::Tree());
  int64_t expected = 0;
  for (const google::protobuf::Timestamp& time : reader) EXPECT_EQ(time.seconds(), expected++);
  EXPECT_EQ(expected, 3);
  EXPECT_TRUE(reader.Finish().ok());
}

TEST_P(HazardsTest, UnicodeComesBack) {
  const hazards::unicode::Unicode_::Client client(channel_);
  Check<hazards::unicode::Unicode>([&](const auto& message) { return client.Echo(message); });
}

TEST_P(HazardsTest, AFileWithoutAPackageIsServed) {
  NoPackageRequest request;
  request.set_text("global");
  const auto answer = NoPackage::Client(channel_).Echo(request);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->request().text(), "global");
}

TEST_P(HazardsTest, DeepNamesAreServed) {
  namespace h = hazards::a::b::c::d::e::f::g::h;
  const h::Deep::Client client(channel_);
  Check<h::One>([&](const auto& message) { return client.Echo(message); });
  h::One_Two_Three_Four_Five five;
  five.set_six(h::One_Two_Three_Four_Five_Six_SIX_ONE);
  EXPECT_EQ(client.Inner(five).value().four().five().six(), five.six());
}

TEST_P(HazardsTest, EmptyThingsAreServed) {
  const hazards::empty::Empty::Client nobody(channel_);
  EXPECT_EQ(hazards::empty::Empty::Descriptor().method_count, 0u);
  EXPECT_TRUE(hazards::empty::AlmostEmpty::Client(channel_).Nothing({}).ok());
}

TEST_P(HazardsTest, Proto2MessagesComeBack) {
  const hazards::proto2::Proto2::Client client(channel_);
  Check<hazards::proto2::Defaults>(
      [&](const auto& message) { return client.EchoDefaults(message); });
  Check<hazards::proto2::Required>(
      [&](const auto& message) { return client.EchoRequired(message); });
  Check<hazards::proto2::Groups>([&](const auto& message) { return client.EchoGroups(message); });
  Check<hazards::proto2::OneofWithPresence>(
      [&](const auto& message) { return client.EchoOneof(message); });
  EXPECT_EQ(client.EchoDefaults({}).value().int32(), -42);

  hazards::proto2::Extendable extended;
  extended.SetExtension(hazards::proto2::note, "extended");
  auto reader = client.EchoExtendable(extended);
  hazards::proto2::Extendable answer;
  ASSERT_TRUE(reader.Read(&answer));
  EXPECT_EQ(answer.GetExtension(hazards::proto2::note), "extended");
}

TEST_P(HazardsTest, ACallOfEveryKindIsAnswered) {
  const hazards::streaming::Streaming::Client client(channel_);
  Check<hazards::streaming::Item>([&](const auto& message) { return client.Unary(message); });
  hazards::streaming::Item item;
  item.set_number(100);

  auto reader = client.Down(item);
  int64_t expected = 0;
  for (const auto& answer : reader) EXPECT_EQ(answer.number(), expected++);
  EXPECT_EQ(expected, 100);
  EXPECT_TRUE(reader.Finish().ok());

  auto writer = client.Up();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer.Write(item));
  const auto count = writer.Finish();
  ASSERT_TRUE(count.ok()) << count.status().ToString();
  EXPECT_EQ(count->items(), 100);
  EXPECT_EQ(count->sum(), 10000);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // its option says so
  auto stream = client.Both();
#pragma GCC diagnostic pop
  for (int i = 0; i < 100; ++i) {
    item.set_number(i);
    ASSERT_TRUE(stream.Write(item));
    ASSERT_TRUE(stream.Read(&item));
    EXPECT_EQ(item.number(), i);
  }
  stream.WritesDone();
  EXPECT_FALSE(stream.Read(&item));
  EXPECT_TRUE(stream.Finish().ok());

  item.set_number(9);
  item.set_text("not now");
  EXPECT_EQ(client.Fail(item).status().ToString(), "FAILED_PRECONDITION: not now");
}

TEST(HazardsDescriptor, TheOptionsAreInTheTable) {
  const polycall_service_descriptor& service = hazards::streaming::Streaming::Descriptor();
  ASSERT_EQ(service.method_count, 5u);
  EXPECT_STREQ(service.name, "hazards.streaming.Streaming");
  EXPECT_NE(service.fingerprint, 0u);
  EXPECT_EQ(service.methods[0].flags, POLYCALL_METHOD_INLINE | POLYCALL_METHOD_IDEMPOTENT);
  EXPECT_EQ(service.methods[1].default_timeout_ns, int64_t{60'000'000'000});
  EXPECT_EQ(service.methods[2].flags, uint32_t{POLYCALL_METHOD_BLOCKING});
  EXPECT_EQ(service.methods[3].flags, uint32_t{POLYCALL_METHOD_IDEMPOTENT});
  EXPECT_EQ(service.methods[3].kind, POLYCALL_BIDI_STREAMING);
  EXPECT_STREQ(service.methods[2].response_name, "hazards.streaming.Count");
}

TEST(HazardsDescriptor, TwinsHaveFingerprintsOfTheirOwn) {
  EXPECT_NE(hazards::twin::left::Echo::Descriptor().fingerprint,
            hazards::twin::right::Echo::Descriptor().fingerprint);
}

INSTANTIATE_TEST_SUITE_P(All, HazardsTest, testing::Values("inproc", "unix"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace polycall_hazards
