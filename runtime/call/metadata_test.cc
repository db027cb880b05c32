#include "call/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace polycall::call {
namespace {

using std::string_literals::operator""s;
using testing::HasSubstr;

using Entries = std::vector<std::pair<std::string, std::string>>;

Entries EntriesOf(const Metadata& metadata) {
  Entries entries;
  for (const auto& entry : metadata.entries) entries.emplace_back(entry.key, entry.value);
  return entries;
}

std::string BlockOf(const Metadata& metadata) {
  std::string block;
  EncodeMetadata(metadata, &block);
  return block;
}

TEST(Metadata, KeepsOrderAndRepeatedKeys) {
  Metadata metadata;
  EXPECT_TRUE(AddMetadata(&metadata, "b", "1").ok());
  EXPECT_TRUE(AddMetadata(&metadata, "a", "2").ok());
  EXPECT_TRUE(AddMetadata(&metadata, "b", "3").ok());
  EXPECT_EQ(EntriesOf(metadata), (Entries{{"b", "1"}, {"a", "2"}, {"b", "3"}}));
  EXPECT_EQ(MetadataSize(metadata), 6u);
  const void* value;
  size_t size;
  ASSERT_EQ(polycall_metadata_find(&metadata, "b", &value, &size), 1);
  EXPECT_EQ(std::string(static_cast<const char*>(value), size), "3") << "the last one counts";
  EXPECT_EQ(polycall_metadata_find(&metadata, "c", &value, &size), 0);
}

TEST(Metadata, KeysAreLowered) {
  Metadata metadata;
  EXPECT_TRUE(AddMetadata(&metadata, "Trace-ID.x_1", "v").ok());
  EXPECT_TRUE(AddMetadata(&metadata, "Trace-BIN", "\0\xff"s).ok());
  EXPECT_EQ(EntriesOf(metadata), (Entries{{"trace-id.x_1", "v"}, {"trace-bin", "\0\xff"s}}));
}

TEST(Metadata, RefusesKeysAndValuesThatItsRulesForbid) {
  Metadata metadata;
  for (const std::string& key : {""s, "a b"s, "a:b"s, ":path"s, "\xc3\xa4"s, "a\0b"s, "grpc-x"s,
                                 "GRPC-x"s, "polycall-x"s, std::string(257, 'k')}) {
    const base::Status status = AddMetadata(&metadata, key, "v");
    EXPECT_EQ(status.code(), POLYCALL_INVALID_ARGUMENT) << key;
    EXPECT_FALSE(status.message().empty());
  }
  for (const std::string& value : {"\0"s, "\n"s, "\x7f"s, "\xc3\xa4"s}) {
    EXPECT_EQ(AddMetadata(&metadata, "key", value).code(), POLYCALL_INVALID_ARGUMENT);
    EXPECT_TRUE(AddMetadata(&metadata, "key-bin", value).ok());
  }
  EXPECT_EQ(metadata.entries.size(), 4u);
}

TEST(Metadata, IsBounded) {
  Metadata metadata;
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(AddMetadata(&metadata, "k", "v").ok());
  EXPECT_THAT(std::string(AddMetadata(&metadata, "k", "v").message()), HasSubstr("1024"));
}

TEST(Metadata, SurvivesTheWire) {
  Metadata metadata;
  ASSERT_TRUE(AddMetadata(&metadata, "empty", "").ok());
  ASSERT_TRUE(AddMetadata(&metadata, "bytes-bin", std::string(70'000, '\0')).ok());
  ASSERT_TRUE(AddMetadata(&metadata, std::string(256, 'k'), "v").ok());
  const char* error = nullptr;
  const std::unique_ptr<Metadata> decoded = DecodeMetadata(BlockOf(metadata), 1 << 20, &error);
  ASSERT_NE(decoded, nullptr) << error;
  EXPECT_EQ(EntriesOf(*decoded), EntriesOf(metadata));
}

TEST(Metadata, ACutBlockIsRefused) {
  Metadata metadata;
  ASSERT_TRUE(AddMetadata(&metadata, "key", "value").ok());
  ASSERT_TRUE(AddMetadata(&metadata, "other-bin", "\1\2\3").ok());
  const std::string block = BlockOf(metadata);
  for (size_t size = 0; size < block.size(); ++size) {
    const char* error = nullptr;
    EXPECT_EQ(DecodeMetadata(std::string(block, 0, size), 1000, &error), nullptr) << size;
    EXPECT_NE(error, nullptr);
  }
  const char* error = nullptr;
  EXPECT_EQ(DecodeMetadata(block + "x", 1000, &error), nullptr);
}

TEST(Metadata, WhatArrivesObeysTheSameRules) {
  for (const char* key : {"", "Upper", "grpc-x", "polycall-x", "a b"}) {
    Metadata metadata;
    metadata.entries.push_back({key, "v"});
    const char* error = nullptr;
    EXPECT_EQ(DecodeMetadata(BlockOf(metadata), 1000, &error), nullptr) << key;
    EXPECT_NE(error, nullptr);
  }
}

TEST(Metadata, ABlockLargerThanTheLimitIsRefusedByName) {
  Metadata metadata;
  ASSERT_TRUE(AddMetadata(&metadata, "key", std::string(97, 'v')).ok());
  const char* error = nullptr;
  EXPECT_NE(DecodeMetadata(BlockOf(metadata), 100, &error), nullptr);
  EXPECT_EQ(DecodeMetadata(BlockOf(metadata), 99, &error), nullptr);
  EXPECT_THAT(error, HasSubstr("max_metadata_size"));
}

TEST(Metadata, TheEmptyOneHasNothing) {
  EXPECT_TRUE(EmptyMetadata().entries.empty());
  EXPECT_EQ(polycall_metadata_count(nullptr), 0u);
  const char* error = nullptr;
  const std::unique_ptr<Metadata> decoded = DecodeMetadata(BlockOf(Metadata()), 0, &error);
  ASSERT_NE(decoded, nullptr);
  EXPECT_TRUE(decoded->entries.empty());
}

}  // namespace
}  // namespace polycall::call
