#include "transport/shm/arena.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace polycall::transport::shm {
namespace {

class Arena : public testing::Test {
 protected:
  Arena() {
    int fd = -1;
    EXPECT_TRUE(Region::Make(&region, &fd).ok());
    close(fd);
    lender = base::Ref<Lender>::Adopt(new Lender(region, kServer));
  }
  bool Lend(const std::string& payload, Ticket* ticket, base::Buffer* buffer = nullptr) {
    return lender->Lend(kHead, "", payload, buffer, ticket);
  }
  base::Buffer* Borrow(const Ticket& ticket, bool copy = false) {
    return BorrowFrame(region, kServer, ticket, copy);
  }

  static constexpr std::string_view kHead = "0123456789abcdef";
  base::Ref<Region> region;
  base::Ref<Lender> lender;
};

std::string_view Bytes(const base::Buffer* buffer) {
  return {reinterpret_cast<const char*>(buffer->data()), buffer->size};
}

TEST_F(Arena, ALentFrameIsReadInPlaceAndItsRoomComesBack) {
  std::vector<uint64_t> places;
  for (int i = 0; i < 100; ++i) {
    const std::string payload(3'000'000, static_cast<char>('a' + i % 26));
    Ticket ticket;
    ASSERT_TRUE(Lend(payload, &ticket)) << i;
    base::Buffer* view = Borrow(ticket);
    ASSERT_NE(view, nullptr);
    EXPECT_EQ(Bytes(view).substr(0, kHead.size()), kHead);
    EXPECT_TRUE(Bytes(view).substr(kHead.size()) == payload);
    EXPECT_EQ(view->data(), region->arena(kServer) + ticket.offset);
    places.push_back(ticket.offset);
    base::ReleaseBuffer(view);
  }
  EXPECT_EQ(places, std::vector<uint64_t>(100, 0)) << "the first room is taken again";
}

TEST_F(Arena, WithoutRoomNothingIsLentUntilSomethingComesBack) {
  const std::string payload(5'000'000, 'x');
  std::vector<base::Buffer*> views;
  Ticket ticket;
  while (Lend(payload, &ticket)) views.push_back(Borrow(ticket));
  EXPECT_EQ(views.size(), kArenaSize / 5'000'000);
  base::ReleaseBuffer(views[1]);
  EXPECT_TRUE(Lend(payload, &ticket)) << "in any order";
  EXPECT_FALSE(Lend(payload, &ticket));
  views[1] = nullptr;
  for (base::Buffer* view : views) base::ReleaseBuffer(view);
}

TEST_F(Arena, ABufferOfTheArenaIsLentWithoutACopy) {
  base::Buffer* buffer = lender->TakeBuffer(100'000);
  ASSERT_NE(buffer, nullptr);
  memset(buffer->data(), 'p', 100'000);
  const std::string_view payload(reinterpret_cast<char*>(buffer->data()) + 64, 100'000 - 64);
  Ticket ticket;
  ASSERT_TRUE(lender->Lend(kHead, "", payload, buffer, &ticket));
  EXPECT_EQ(region->arena(kServer) + ticket.offset + kHead.size(),
            reinterpret_cast<const uint8_t*>(payload.data()));
  const uint8_t* const place = buffer->data();
  base::ReleaseBuffer(buffer);
  base::Buffer* other = lender->TakeBuffer(100'000);
  EXPECT_NE(other->data(), place) << "the peer has it";
  base::Buffer* view = Borrow(ticket);
  EXPECT_TRUE(Bytes(view).substr(kHead.size()) == payload);
  base::ReleaseBuffer(view);
  base::ReleaseBuffer(other);
}

// It is kept to be sent again, so the peer must not be the one who says when its bytes may change.
TEST_F(Arena, ABufferThatSomebodyElseHoldsIsCopied) {
  base::Buffer* buffer = lender->TakeBuffer(50'000);
  ASSERT_NE(buffer, nullptr);
  memset(buffer->data(), 'p', 50'000);
  base::RetainBuffer(buffer);
  const std::string_view payload(reinterpret_cast<char*>(buffer->data()) + 64, 50'000 - 64);
  Ticket ticket;
  ASSERT_TRUE(lender->Lend(kHead, "", payload, buffer, &ticket));
  base::Buffer* view = Borrow(ticket);
  EXPECT_NE(view->data() + kHead.size(), reinterpret_cast<const uint8_t*>(payload.data()));
  EXPECT_TRUE(Bytes(view).substr(kHead.size()) == payload);
  base::ReleaseBuffer(view);
  base::ReleaseBuffer(buffer);
  base::ReleaseBuffer(buffer);
}

TEST_F(Arena, ACopiedFrameIsTheReadersOwn) {
  Ticket ticket;
  ASSERT_TRUE(Lend(std::string(20'000, 'x'), &ticket));
  base::Buffer* copy = Borrow(ticket, true);
  ASSERT_NE(copy, nullptr);
  memset(region->arena(kServer), 'y', 30'000);
  EXPECT_EQ(Bytes(copy)[kHead.size()], 'x');
  base::ReleaseBuffer(copy);
}

TEST_F(Arena, APayloadThatGoesBackAsItCameStaysWhereItIs) {
  Ticket ticket, back;
  const std::string payload(100'000, 'p');
  ASSERT_TRUE(Lend(payload, &ticket));
  base::Buffer* view = Borrow(ticket);
  const std::string_view part = Bytes(view).substr(kHead.size());
  ASSERT_TRUE(HandBack(region, view, part, &back));
  EXPECT_EQ(region->arena(kServer) + back.offset, reinterpret_cast<const uint8_t*>(part.data()));
  base::Buffer* ours = lender->TakeBack(back);
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(Bytes(ours), payload);
  base::ReleaseBuffer(view);
  base::Buffer* other = lender->TakeBuffer(1);
  EXPECT_GT(other->data(), ours->data()) << "we read it still";
  base::ReleaseBuffer(ours);
  base::Buffer* first = lender->TakeBuffer(1);
  EXPECT_EQ(first->data(), region->arena(kServer)) << "its room is free again";
  base::ReleaseBuffer(first);
  base::ReleaseBuffer(other);
}

TEST_F(Arena, WhatGoesBackIsNotUsedAgainBeforeItsTicketCame) {
  Ticket ticket, back;
  ASSERT_TRUE(Lend(std::string(100'000, 'p'), &ticket));
  base::Buffer* view = Borrow(ticket);
  ASSERT_TRUE(HandBack(region, view, Bytes(view).substr(kHead.size()), &back));
  base::ReleaseBuffer(view);
  base::Buffer* other = lender->TakeBuffer(100'000);
  memset(other->data(), 'x', 100'000);
  base::Buffer* ours = lender->TakeBack(back);
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(Bytes(ours), std::string(100'000, 'p'));
  base::ReleaseBuffer(ours);
  base::ReleaseBuffer(other);
}

TEST_F(Arena, TheReceiverMayStillReadWhatItHandedBack) {
  Ticket ticket, back;
  ASSERT_TRUE(Lend(std::string(100'000, 'p'), &ticket));
  base::Buffer* view = Borrow(ticket);
  ASSERT_TRUE(HandBack(region, view, Bytes(view).substr(kHead.size()), &back));
  base::ReleaseBuffer(lender->TakeBack(back));
  base::Buffer* other = lender->TakeBuffer(100'000);
  memset(other->data(), 'x', 100'000);
  EXPECT_EQ(Bytes(view)[kHead.size()], 'p');
  base::ReleaseBuffer(view);
  base::ReleaseBuffer(other);
}

TEST_F(Arena, AFrameGoesBackOnceAndOnlyIfItWasLentAndIsTheConnections) {
  Ticket ticket, back;
  EXPECT_EQ(lender->TakeBack({0, 1}), nullptr) << "nothing was lent";
  ASSERT_TRUE(Lend(std::string(100'000, 'p'), &ticket));
  for (const Ticket& wrong :
       {Ticket{0, 0}, Ticket{0, kArenaSize}, Ticket{26 * kPage, 1}, Ticket{100'000, 2 * kPage},
        Ticket{kArenaSize, 1}, Ticket{UINT64_MAX, 16}, Ticket{16, UINT64_MAX}}) {
    EXPECT_EQ(lender->TakeBack(wrong), nullptr) << wrong.offset << " " << wrong.size;
  }
  base::Buffer* view = Borrow(ticket);
  const std::string_view part = Bytes(view).substr(kHead.size());
  EXPECT_FALSE(HandBack(region, view, std::string(10, 'p'), &back)) << "it lies elsewhere";
  EXPECT_FALSE(HandBack(region, nullptr, part, &back));
  base::Buffer* copy = Borrow(ticket, true);
  EXPECT_FALSE(HandBack(region, copy, Bytes(copy), &back));
  base::ReleaseBuffer(copy);
  base::Ref<Region> strange;
  int fd = -1;
  ASSERT_TRUE(Region::Make(&strange, &fd).ok());
  close(fd);
  EXPECT_FALSE(HandBack(strange, view, part, &back)) << "of another connection";
  ASSERT_TRUE(HandBack(region, view, part, &back));
  EXPECT_FALSE(HandBack(region, view, part, &back));
  base::Buffer* ours = lender->TakeBack(back);
  EXPECT_EQ(lender->TakeBack(back), nullptr);
  base::ReleaseBuffer(ours);
  base::ReleaseBuffer(view);
}

TEST_F(Arena, ATicketThatLeavesTheArenaNamesNothing) {
  for (const Ticket& ticket :
       {Ticket{0, 0}, Ticket{0, 15}, Ticket{0, kArenaSize + 1}, Ticket{kArenaSize, 16},
        Ticket{kArenaSize - 15, 16}, Ticket{UINT64_MAX, 16}, Ticket{16, UINT64_MAX},
        Ticket{UINT64_MAX - 7, 16}}) {
    EXPECT_EQ(Borrow(ticket), nullptr) << ticket.offset << " " << ticket.size;
    EXPECT_EQ(Borrow(ticket, true), nullptr) << ticket.offset << " " << ticket.size;
  }
}

TEST_F(Arena, AViewOutlivesTheConnection) {
  Ticket ticket;
  ASSERT_TRUE(Lend(std::string(20'000, 'x'), &ticket));
  base::Buffer* view = Borrow(ticket);
  lender = nullptr;
  region = nullptr;
  EXPECT_EQ(Bytes(view)[kHead.size()], 'x');
  base::ReleaseBuffer(view);
}

}  // namespace
}  // namespace polycall::transport::shm
