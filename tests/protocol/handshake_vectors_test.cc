#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "handshake_protobuf.h"
#include "vector_file.h"

namespace polycall::negotiation {
namespace {

using protocol_test::Exact;
using protocol_test::ReadVectors;
using protocol_test::Vector;

// The vector's text through protobuf, the vector's bytes through the runtime's own codec: both must
// give the same message.
template <typename Message, typename Protobuf>
void Check(const Vector& vector) {
  const Exact bytes(*vector.Bytes("bytes"));
  Message decoded;
  std::string error;
  const bool ok = Decode(bytes.view(), &decoded, &error);
  if (vector.Has("error")) {
    EXPECT_FALSE(ok);
    EXPECT_EQ(error, vector.Text("error"));
    return;
  }
  ASSERT_TRUE(ok) << error;
  Protobuf expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(vector.Text("text"), &expected));
  EXPECT_EQ(decoded, FromProtobuf(expected));

  Protobuf read_by_protobuf;
  ASSERT_TRUE(
      read_by_protobuf.ParseFromArray(bytes.view().data(), static_cast<int>(bytes.view().size())));
  EXPECT_EQ(decoded, FromProtobuf(read_by_protobuf));
}

TEST(HandshakeVectors, MessagesDecodeOrAreRefusedAsTheVectorsSay) {
  int seen = 0;
  for (const Vector& vector : ReadVectors("handshake.txt")) {
    SCOPED_TRACE(vector.name());
    ++seen;
    if (vector.Text("message") == "Hello") {
      Check<Hello, v1::Hello>(vector);
    } else {
      ASSERT_EQ(vector.Text("message"), "Accept");
      Check<Accept, v1::Accept>(vector);
    }
  }
  EXPECT_GE(seen, 20);
}

}  // namespace
}  // namespace polycall::negotiation
