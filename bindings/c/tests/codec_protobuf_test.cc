// The codec against protobuf C++: whatever bytes come, both accept them or neither does, and what both
// read is the same.
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "codec2.pb.h"
#include "codec2.polycall.h"
#include "codec3.pb.h"
#include "codec3.polycall.h"
#include "random_message.h"

namespace polycall::c_test {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

struct Pair {
  const polycall_codec_table* table;
  const Message* prototype;
};

const Pair kPairs[] = {
    {&codec3_All_table, &codec3::All::default_instance()},
    {&codec3_Older_table, &codec3::Older::default_instance()},
    {&codec3_Leaf_table, &codec3::Leaf::default_instance()},
    {&codec2_All_table, &codec2::All::default_instance()},
    {&codec2_Leaf_table, &codec2::Leaf::default_instance()},
};

class Arena {
 public:
  Arena() { polycall_arena_init(&arena_, nullptr, 0); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { polycall_arena_free(&arena_); }
  polycall_arena* get() { return &arena_; }

 private:
  polycall_arena arena_;
};

std::string Encode(const polycall_codec_table* table, const void* message) {
  const size_t size = polycall_codec_size(table, message);
  EXPECT_NE(size, SIZE_MAX);
  if (size == SIZE_MAX) return "";
  std::string out(size, '\0');
  EXPECT_TRUE(polycall_codec_encode(table, message, out.data(), size));
  return out;
}

// Parses `bytes` with both and compares all there is to compare.
void Compare(const Pair& pair, const std::string& bytes) {
  const std::unique_ptr<Message> expected(pair.prototype->New());
  const bool accepted = expected->ParseFromString(bytes);
  Arena arena;
  void* const message = polycall_codec_new(pair.table, arena.get());
  polycall_codec_error error = {};
  const bool ours =
      polycall_codec_parse(pair.table, message, arena.get(), bytes.data(), bytes.size(), 0, &error);
  ASSERT_EQ(ours, accepted) << pair.table->name << ": " << (ours ? "accepted" : error.reason)
                            << " at byte " << error.offset;
  if (!ours) return;

  const std::string again = Encode(pair.table, message);
  const std::unique_ptr<Message> reread(pair.prototype->New());
  ASSERT_TRUE(reread->ParseFromString(again));
  std::string difference;
  google::protobuf::util::DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  differencer.ReportDifferencesToString(&difference);
  ASSERT_TRUE(differencer.Compare(*expected, *reread)) << pair.table->name << "\n" << difference;

  // A message that borrows the bytes says the same, and so does a copy of it that does not.
  Arena borrowing_arena;
  void* const borrowing = polycall_codec_new(pair.table, borrowing_arena.get());
  ASSERT_TRUE(polycall_codec_parse(pair.table, borrowing, borrowing_arena.get(), bytes.data(),
                                   bytes.size(), POLYCALL_PARSE_BORROW, nullptr));
  EXPECT_TRUE(polycall_codec_equal(pair.table, message, borrowing));
  Arena copy_arena;
  void* const copy = polycall_codec_new(pair.table, copy_arena.get());
  ASSERT_TRUE(polycall_codec_copy(pair.table, copy, borrowing, copy_arena.get()));
  polycall_arena_free(borrowing_arena.get());
  EXPECT_TRUE(polycall_codec_equal(pair.table, message, copy));
  EXPECT_EQ(Encode(pair.table, copy), again);
}

class CodecAndProtobuf : public testing::Test {
 protected:
  // protobuf logs each message that it refuses.
  google::protobuf::LogSilencer silencer_;
};

TEST_F(CodecAndProtobuf, AgreeOnRandomMessages) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    for (const Pair& pair : kPairs) {
      Random random(seed);
      const std::unique_ptr<Message> message(pair.prototype->New());
      FillRandomly(message.get(), &random, 3);
      SCOPED_TRACE(seed);
      ASSERT_NO_FATAL_FAILURE(Compare(pair, message->SerializePartialAsString()));
    }
  }
}

TEST_F(CodecAndProtobuf, AgreeOnDamagedMessages) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    for (const Pair& pair : kPairs) {
      Random random(seed);
      const std::unique_ptr<Message> message(pair.prototype->New());
      FillRandomly(message.get(), &random, 2);
      const std::string bytes = message->SerializePartialAsString();
      for (int i = 0; i < 10; ++i) {
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", damage " << i);
        ASSERT_NO_FATAL_FAILURE(Compare(pair, Damaged(bytes, &random)));
      }
    }
  }
}

TEST_F(CodecAndProtobuf, AgreeOnConcatenatedMessagesWhichMerge) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    for (const Pair& pair : kPairs) {
      Random random(seed);
      std::string bytes;
      for (int i = 0; i < 3; ++i) {
        const std::unique_ptr<Message> message(pair.prototype->New());
        FillRandomly(message.get(), &random, 2);
        bytes += message->SerializePartialAsString();
      }
      SCOPED_TRACE(seed);
      ASSERT_NO_FATAL_FAILURE(Compare(pair, bytes));
    }
  }
}

TEST_F(CodecAndProtobuf, AgreeOnRandomFieldsMostlyUnknown) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const std::string bytes = RandomFields(&random, 4);
    for (const Pair& pair : kPairs) {
      SCOPED_TRACE(seed);
      ASSERT_NO_FATAL_FAILURE(Compare(pair, bytes));
    }
  }
}

TEST_F(CodecAndProtobuf, AgreeOnWhatAnOlderProgramPassesOn) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    codec3::All message;
    FillRandomly(&message, &random, 2);
    const std::string bytes = message.SerializeAsString();
    Arena arena;
    polycall_status status = POLYCALL_STATUS_INIT;
    codec3_Older* const older =
        codec3_Older_parse(arena.get(), bytes.data(), bytes.size(), &status);
    ASSERT_NE(older, nullptr) << status.message;
    // A program that knows little passes on all of it.
    codec3::All passed_on;
    ASSERT_TRUE(passed_on.ParseFromString(Encode(&codec3_Older_table, older)));
    EXPECT_TRUE(MessageDifferencer::Equals(message, passed_on));
  }
}

}  // namespace
}  // namespace polycall::c_test
