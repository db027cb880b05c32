#include "transport/stream/first_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace polycall::transport {
namespace {

TEST(FirstBytes, TellsWhatAPeerSpeaks) {
  EXPECT_EQ(ProtocolOf("PolyCall\x01\x02"), Protocol::kNative);
  EXPECT_EQ(ProtocolOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Protocol::kHttp2);
  EXPECT_EQ(ProtocolOf("GET /health HTTP/1.1\r\n"), Protocol::kHttp1);
  EXPECT_EQ(ProtocolOf("POST /calc.v1.Calc/Add HTTP/1.1\r\n"), Protocol::kHttp1);
  EXPECT_EQ(ProtocolOf("CONNECT a:1 HTTP/1.1\r\n"), Protocol::kHttp1);
  EXPECT_EQ(ProtocolOf("\x16\x03\x01\x02\xA5\x01"), Protocol::kTls);
}

TEST(FirstBytes, NeverWaitsForMoreThanItPromises) {
  // Whatever comes, in whatever pieces: after kFirstBytes bytes it is decided, and a decision does not change.
  for (const std::string& whole :
       {std::string("PolyCall12345678"), std::string("PRI * HTTP/2.0\r\n"),
        std::string("OPTIONS * HTTP/1.1"), std::string("PRI * HTTP/3.0\r\n"),
        std::string("PROPFIND / HTTP/1.1"),
        std::string("\x16\x03\x01\x02\x11\x01\x11\x01\xFC\x03\x03 12345"),
        std::string("get / http/1.1\r\n\r\n"), std::string(20, '\0')}) {
    Protocol decided = Protocol::kMore;
    for (size_t size = 1; size <= whole.size(); ++size) {
      const Protocol protocol = ProtocolOf(std::string_view(whole).substr(0, size));
      if (size >= kFirstBytes) {
        EXPECT_NE(protocol, Protocol::kMore) << whole;
      }
      if (decided == Protocol::kNative && protocol == Protocol::kUnknown) continue;  // "PolyCaXX"
      if (decided != Protocol::kMore) {
        EXPECT_EQ(protocol, decided) << whole << " " << size;
      }
      decided = protocol;
    }
  }
}

TEST(FirstBytes, OnePOfManyProtocolsIsNotTaken) {
  EXPECT_EQ(ProtocolOf("P"), Protocol::kMore);
  EXPECT_EQ(ProtocolOf("PR"), Protocol::kMore);
  EXPECT_EQ(ProtocolOf("PRI * HTTP/2.0\r"), Protocol::kMore);
  EXPECT_EQ(ProtocolOf("PO"), Protocol::kMore);
  EXPECT_EQ(ProtocolOf("Po"), Protocol::kNative);
  EXPECT_EQ(ProtocolOf("G"), Protocol::kMore);
  EXPECT_EQ(ProtocolOf("\x16"), Protocol::kMore);
}

TEST(FirstBytes, WhatNobodySpeaksIsUnknownAtOnce) {
  EXPECT_EQ(ProtocolOf("SSH-2.0-OpenSSH_9.2\r\n"), Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf("get /"), Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf("GETS /"), Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf("PRIVET "), Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf(std::string_view("\0", 1)), Protocol::kUnknown);
  EXPECT_EQ(ProtocolOf(std::string_view("\x16\x02", 2)), Protocol::kUnknown);
}

}  // namespace
}  // namespace polycall::transport
