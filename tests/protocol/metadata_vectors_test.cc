#include <gtest/gtest.h>

#include "call/metadata.h"
#include "vector_file.h"

namespace polycall::call {
namespace {

using protocol_test::Exact;
using protocol_test::ReadVectors;
using protocol_test::ToHex;
using protocol_test::Vector;

TEST(MetadataVectors, BlocksDecodeToTheirEntriesAndBack) {
  int seen = 0;
  for (const Vector& vector : ReadVectors("metadata.txt")) {
    if (vector.Has("error")) continue;
    SCOPED_TRACE(vector.name());
    ++seen;
    const Exact block(*vector.Bytes("bytes"));
    const char* error = nullptr;
    const auto metadata = DecodeMetadata(block.view(), vector.Number("max_size", 16384), &error);
    ASSERT_NE(metadata, nullptr) << error;
    std::vector<std::string> expected, entries;
    for (const auto& [key, value] : vector.lines) {
      if (key == "entry") expected.push_back(value);
    }
    for (const auto& entry : metadata->entries) {
      entries.push_back(entry.key + " =" + (entry.value.empty() ? "" : " ") + ToHex(entry.value));
    }
    EXPECT_EQ(entries, expected);
    std::string encoded;
    EncodeMetadata(*metadata, &encoded);
    EXPECT_EQ(ToHex(encoded), ToHex(block.view()));
  }
  EXPECT_GE(seen, 5);
}

TEST(MetadataVectors, MalformedBlocksAreRefusedWithTheReason) {
  int seen = 0;
  for (const Vector& vector : ReadVectors("metadata.txt")) {
    if (!vector.Has("error")) continue;
    SCOPED_TRACE(vector.name());
    ++seen;
    const Exact block(*vector.Bytes("bytes"));
    const char* error = nullptr;
    EXPECT_EQ(DecodeMetadata(block.view(), vector.Number("max_size", 16384), &error), nullptr);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error, vector.Text("error"));
  }
  EXPECT_GE(seen, 12);
}

}  // namespace
}  // namespace polycall::call
