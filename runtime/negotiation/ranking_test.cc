#include "negotiation/ranking.h"

#include <gtest/gtest.h>

namespace polycall::negotiation {
namespace {

TEST(Ranking, WithoutAWishTheNearestIsBest) {
  EXPECT_LT(Rank("inproc", {}), Rank("shm", {}));
  EXPECT_LT(Rank("shm", {}), Rank("unix", {}));
  EXPECT_LT(Rank("unix", {}), Rank("tcp", {}));
  EXPECT_LT(Rank("tcp", {}), Rank("grpc", {}));
  EXPECT_LT(Rank("grpc", {}), Rank("pigeon", {}));
}

TEST(Ranking, TheChannelsOrderCountsAndWhatItDoesNotNameIsNotAllowed) {
  const std::vector<std::string> allowed = {"tcp", "unix"};
  EXPECT_LT(Rank("tcp", allowed), Rank("unix", allowed));
  EXPECT_LT(Rank("unix", allowed), Rank("inproc", allowed));
  EXPECT_FALSE(IsAllowed("inproc", allowed));
  EXPECT_TRUE(IsAllowed("grpcs", {"grpc"}));
}

TEST(Ranking, AUnixSocketIsDialedForSharedMemoryAlone) {
  EXPECT_TRUE(MayDial("unix", {"shm"}));
  EXPECT_FALSE(IsAllowed("unix", {"shm"}));
  EXPECT_EQ(BestRank("unix", {"tcp", "shm"}), 1u);
}

TEST(Ranking, AHelloNamesWhatIsAllowedAndKnown) {
  EXPECT_EQ(AllowedTransports({"tcp", "unix"}), (std::vector<std::string>{"unix", "tcp"}));
}

class Better : public testing::Test {
 protected:
  Better() { here_.host = ThisHost(); }
  Accept here_;
  Accept elsewhere_;
};

TEST_F(Better, OnOneHostTcpMayBecomeUnix) {
  EXPECT_TRUE(MayBecomeBetter({"", "h:1"}, {}, "tcp", here_));
  EXPECT_FALSE(MayBecomeBetter({"", "h:1"}, {}, "tcp", elsewhere_));
  EXPECT_FALSE(MayBecomeBetter({"", "h:1"}, {"tcp"}, "tcp", here_));
}

TEST_F(Better, ATargetThatNamesItsTransportKeepsIt) {
  EXPECT_FALSE(MayBecomeBetter({"tcp", "h:1"}, {}, "tcp", here_));
  EXPECT_TRUE(MayBecomeBetter({"unix", "/s"}, {}, "unix", here_));
  EXPECT_FALSE(MayBecomeBetter({"unix", "/s"}, {}, "shm", here_));
  EXPECT_FALSE(MayBecomeBetter({"unix", "/s"}, {"unix"}, "unix", here_));
}

}  // namespace
}  // namespace polycall::negotiation
