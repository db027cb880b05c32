// The codec's own promises: presence, defaults, merging, maps, limits, errors.
#include "polycall/c/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "codec2.polycall.h"
#include "codec3.polycall.h"

namespace {

using testing::HasSubstr;

class Codec : public testing::Test {
 protected:
  Codec() { polycall_arena_init(&arena_, nullptr, 0); }
  ~Codec() override { polycall_arena_free(&arena_); }

  codec3_All* Parse(const std::string& bytes) {
    return static_cast<codec3_All*>(
        polycall_object_parse_new(&codec3_All_table, &arena_, bytes.data(), bytes.size(), nullptr));
  }

  // Why the bytes are refused.
  std::string Refusal(const polycall_codec_table* table, const std::string& bytes) {
    polycall_codec_error error = {};
    void* const message = polycall_codec_new(table, &arena_);
    if (polycall_codec_parse(table, message, &arena_, bytes.data(), bytes.size(), 0, &error)) {
      return "accepted";
    }
    char text[256];
    polycall_codec_error_text(table, &error, text, sizeof text);
    return text;
  }

  std::string Encode(const polycall_codec_table* table, const void* message) {
    const size_t size = polycall_codec_size(table, message);
    if (size == SIZE_MAX) return "cannot be encoded";
    std::string out(size, '\0');
    EXPECT_TRUE(polycall_codec_encode(table, message, out.data(), size));
    return out;
  }

  polycall_arena arena_;
};

std::string Text(polycall_string string) { return std::string(string.data, string.size); }

// `depth` messages within each other, in field `tag`.
std::string Nested(int depth, char tag) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) {
    std::string length;
    size_t size = bytes.size();
    for (; size >= 0x80; size >>= 7) length.push_back(static_cast<char>(size | 0x80));
    length.push_back(static_cast<char>(size));
    std::string outer = {tag, 1};
    outer += length;
    outer += bytes;
    bytes = outer;
  }
  return bytes;
}

TEST_F(Codec, LeavesOutWhatIsZeroAndKeepsWhatIsPresentThoughZero) {
  codec3_All message;
  codec3_All_init(&message);
  EXPECT_EQ(Encode(&codec3_All_table, &message), "");
  codec3_All_set_maybe_int32(&message, 0);
  EXPECT_EQ(Encode(&codec3_All_table, &message), std::string("\xa8\x01\x00", 3));
  const codec3_All* const parsed = Parse(std::string("\xa8\x01\x00", 3));
  EXPECT_TRUE(parsed->has_maybe_int32);
  EXPECT_FALSE(parsed->has_maybe_bool);
}

TEST_F(Codec, WritesNegativeZeroWhichIsNotZero) {
  codec3_All message = {};
  message.a_double = -0.0;
  EXPECT_EQ(codec3_All_encoded_size(&message), 9u);
}

TEST_F(Codec, GivesProto2FieldsTheirDefaults) {
  codec2_All message;
  codec2_All_init(&message);
  EXPECT_EQ(message.a_double, -1.5);
  EXPECT_TRUE(std::isinf(message.a_float));
  EXPECT_TRUE(std::isnan(message.not_a_number));
  EXPECT_EQ(message.an_int32, INT32_MIN);
  EXPECT_EQ(message.an_int64, INT64_MIN);
  EXPECT_EQ(message.a_uint32, UINT32_MAX);
  EXPECT_EQ(message.a_uint64, UINT64_MAX);
  EXPECT_TRUE(message.a_bool);
  EXPECT_EQ(Text(message.some_bytes), std::string("\0bytes\xff", 7));
  EXPECT_FALSE(message.has_a_bool);
  EXPECT_EQ(Encode(&codec2_All_table, &message), "");
  codec2_Levels levels;
  codec2_Levels_init(&levels);
  EXPECT_EQ(levels.a_level, CODEC2_LEVEL_FIRST);
  EXPECT_EQ(levels.another_level, CODEC2_LEVEL_SECOND);
  codec2_Leaf leaf;
  codec2_Leaf_init(&leaf);
  EXPECT_EQ(Text(leaf.text), "leaf \"quoted\" \001 ?\?/");
}

TEST_F(Codec, DoesNotWriteAMessageWithoutItsRequiredFields) {
  codec2_Leaf leaf;
  codec2_Leaf_init(&leaf);
  EXPECT_EQ(codec2_Leaf_encoded_size(&leaf), SIZE_MAX);
  codec2_Leaf_set_number(&leaf, 0);
  EXPECT_EQ(codec2_Leaf_encoded_size(&leaf), 2u);
  EXPECT_THAT(Refusal(&codec2_Leaf_table, ""),
              HasSubstr("field 1 of codec2.Leaf: a required field"));
}

TEST_F(Codec, TakesRequiredFieldsFromSeveralOccurrencesOfTheirMessage) {
  // a_leaf twice: with text only, then with number only.
  EXPECT_EQ(Refusal(&codec2_All_table, "\x6a\x03\x12\x01x\x6a\x02\x08\x05"), "accepted");
  EXPECT_THAT(Refusal(&codec2_All_table, "\x6a\x03\x12\x01x"), HasSubstr("required"));
}

TEST_F(Codec, LetsTheLastMemberOfAOneofWin) {
  const codec3_All* message = Parse("\xf8\x01\x05\x82\x02\x02hi");
  ASSERT_EQ(message->choice_case, CODEC3_ALL_CHOICE_CHOSEN_STRING);
  EXPECT_EQ(Text(message->choice.chosen_string), "hi");
  message = Parse("\x82\x02\x02hi\xf8\x01\x05");
  ASSERT_EQ(message->choice_case, CODEC3_ALL_CHOICE_CHOSEN_INT32);
  EXPECT_EQ(message->choice.chosen_int32, 5);
}

TEST_F(Codec, MergesAOneofsMessageOnlyWithItself) {
  // chosen_leaf {number 1}, chosen_leaf {text "a"}: merged.
  const codec3_All* message = Parse(
      "\x92\x02\x02\x08\x01\x92\x02\x03\x12\x01"
      "a");
  ASSERT_EQ(message->choice_case, CODEC3_ALL_CHOICE_CHOSEN_LEAF);
  EXPECT_EQ(message->choice.chosen_leaf->number, 1);
  EXPECT_EQ(Text(message->choice.chosen_leaf->text), "a");
  // With another member in between it begins anew.
  message = Parse(
      "\x92\x02\x02\x08\x01\xf8\x01\x05\x92\x02\x03\x12\x01"
      "a");
  EXPECT_EQ(message->choice.chosen_leaf->number, 0);
  codec3_All own = {};
  codec3_All_set_chosen_bool(&own, true);
  EXPECT_EQ(own.choice_case, CODEC3_ALL_CHOICE_CHOSEN_BOOL);
  codec3_All_mutable_chosen_leaf(&own, &arena_)->number = 3;
  codec3_All_mutable_chosen_leaf(&own, &arena_)->text = polycall_string_from("b");
  EXPECT_EQ(own.choice.chosen_leaf->number, 3);
}

TEST_F(Codec, ReadsPackedAndUnpackedNumbersWhicheverWasDeclared) {
  const std::string both("\xda\x02\x02\x01\x02\xd8\x02\x03", 8);  // int32s (43)
  const codec3_All* message = Parse(both);
  ASSERT_EQ(message->int32s.size, 3u);
  EXPECT_EQ(message->int32s.data[2], 3);
  message = Parse(std::string("\xda\x03\x02\x01\x02\xd8\x03\x03", 8));  // unpacked_int32s (59)
  ASSERT_EQ(message->unpacked_int32s.size, 3u);
}

TEST_F(Codec, KeepsEnumNumbersThatItDoesNotKnow) {
  const codec3_All* const message = Parse("\x80\x01\x2a");
  EXPECT_EQ(static_cast<int>(message->a_level), 42);
  EXPECT_EQ(Encode(&codec3_All_table, message), "\x80\x01\x2a");
}

TEST_F(Codec, KeepsUnknownFieldsGroupsAndWrongWireTypesInOrder) {
  // 1000: varint; 1001: a group with a field in it; a_bool (13) as a string.
  const std::string unknown("\xc0\x3e\x07\xcb\x3e\x08\x01\xcc\x3e\x6a\x01x", 12);
  const codec3_All* const message = Parse("\x68\x01" + unknown);
  EXPECT_TRUE(message->a_bool);
  EXPECT_EQ(Encode(&codec3_All_table, message), "\x68\x01" + unknown);
}

TEST_F(Codec, SortsMapsAndKeepsTheLastOfEqualKeys) {
  codec3_All message = {};
  for (const char* key : {"b", "a", "", "c", "aa", "b"}) {
    polycall_string* const value =
        codec3_All_put_string_map(&message, &arena_, polycall_string_from(key));
    *value = polycall_string_from(key);
  }
  ASSERT_EQ(message.string_map.size, 5u);
  std::string keys;
  for (size_t i = 0; i < 5; ++i) keys += Text(message.string_map.data[i].key) + ",";
  EXPECT_EQ(keys, ",a,aa,b,c,");
  EXPECT_EQ(codec3_All_get_string_map(&message, polycall_string_from("zz")), nullptr);
  EXPECT_EQ(Text(*codec3_All_get_string_map(&message, polycall_string_from("aa"))), "aa");

  const codec3_All* const parsed = Parse(  // int32_map (71): -1:1, 5:2, -1:3
      "\xba\x04\x0d\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01"
      "\xba\x04\x04\x08\x05\x10\x02"
      "\xba\x04\x0d\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x03");
  ASSERT_NE(parsed, nullptr);
  ASSERT_EQ(parsed->int32_map.size, 2u);
  EXPECT_EQ(parsed->int32_map.data[0].key, -1);
  EXPECT_EQ(*codec3_All_get_int32_map(parsed, -1), 3);
}

TEST_F(Codec, FindsEntriesThatWereAppendedByHand) {
  codec3_All message = {};
  *codec3_All_put_int32_map(&message, &arena_, 5) = 50;
  for (const int32_t key : {9, 1, 5}) {
    auto* const entry = static_cast<codec3_All_Int32MapEntry*>(
        polycall_codec_add(&codec3_All_Int32MapEntry_table, &message.int32_map, &arena_));
    entry->key = key;
    entry->value = key;
  }
  EXPECT_EQ(*codec3_All_get_int32_map(&message, 5), 5);
  EXPECT_EQ(*codec3_All_get_int32_map(&message, 1), 1);
  *codec3_All_put_int32_map(&message, &arena_, 2) = 2;
  ASSERT_EQ(message.int32_map.size, 4u);
  for (size_t i = 1; i < 4; ++i) {
    EXPECT_LT(message.int32_map.data[i - 1].key, message.int32_map.data[i].key);
  }
}

TEST_F(Codec, GivesAMapsMessageValuesThatWereLeftOut) {
  const codec3_All* const message = Parse("\xd2\x04\x02\x08\x07");  // leaf_map (74): only a key
  const codec3_Leaf* const leaf = codec3_All_get_leaf_map(message, 7);
  ASSERT_NE(leaf, nullptr);
  EXPECT_EQ(leaf->number, 0);
}

TEST_F(Codec, ReadsAMapOfManyEntriesInReverseOrderInReasonableTime) {
  std::string bytes;
  for (uint32_t key = 200000; key > 0; --key) {
    std::string entry = "\x08";
    for (uint32_t rest = key;; rest >>= 7) {
      entry.push_back(static_cast<char>(rest < 0x80 ? rest : rest | 0x80));
      if (rest < 0x80) break;
    }
    bytes += "\xba\x04";
    bytes.push_back(static_cast<char>(entry.size()));
    bytes += entry;
  }
  const codec3_All* const message = Parse(bytes);
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->int32_map.size, 200000u);
  EXPECT_NE(codec3_All_get_int32_map(message, 123456), nullptr);
}

TEST_F(Codec, BoundsTheDepthOfWhatItReadsAndWrites) {
  EXPECT_EQ(Refusal(&codec3_All_table, Nested(100, '\x92')), "accepted");
  EXPECT_THAT(Refusal(&codec3_All_table, Nested(101, '\x92')), HasSubstr("deeper than 100"));
  EXPECT_THAT(Refusal(&codec3_All_table, Nested(20000, '\x92')), HasSubstr("deeper than 100"));
  EXPECT_THAT(Refusal(&codec3_All_table, std::string(50000, '\xab')), HasSubstr("tag"));
  std::string groups;
  for (int i = 0; i < 200; ++i) groups += "\xcb\x3e";
  EXPECT_THAT(Refusal(&codec3_All_table, groups), HasSubstr("deeper than 100"));
  codec3_All root = {};
  codec3_All* at = &root;
  for (int i = 0; i < 100; ++i) at = codec3_All_mutable_an_all(at, &arena_);
  EXPECT_NE(codec3_All_encoded_size(&root), SIZE_MAX);
  at->an_all = &root;  // a cycle: no bytes can say this
  EXPECT_EQ(codec3_All_encoded_size(&root), SIZE_MAX);
  codec3_All copy;
  EXPECT_FALSE(codec3_All_copy(&copy, &root, &arena_));
}

TEST_F(Codec, SaysWhatIsWrongWithBytesAndWhere) {
  EXPECT_EQ(
      Refusal(&codec3_Leaf_table, std::string("\x08\x01\x12\x09"
                                              "abc",
                                              7)),
      "cannot read codec3.Leaf: byte 2, field 2 of codec3.Leaf: a length goes beyond the end");
  EXPECT_EQ(Refusal(&codec3_All_table, "\x8a\x01\x03\x12\x01\xff"),
            "cannot read codec3.All: byte 3, field 2 of codec3.Leaf: a string is not UTF-8");
  EXPECT_THAT(Refusal(&codec3_Leaf_table, std::string("\x00\x01", 2)), HasSubstr("number 0"));
  EXPECT_THAT(Refusal(&codec3_Leaf_table, "\x0c"), HasSubstr("never began"));
  EXPECT_THAT(Refusal(&codec3_Leaf_table, "\x0f"), HasSubstr("none of protobuf's"));
  EXPECT_THAT(Refusal(&codec3_Leaf_table, "\x08"), HasSubstr("ends within"));
  EXPECT_THAT(Refusal(&codec3_Leaf_table, "\x08" + std::string(11, '\xff')),
              HasSubstr("longer than 10 bytes"));
}

TEST_F(Codec, RefusesPackedNumbersOfWhichNoneEnds) {
  EXPECT_THAT(Refusal(&codec3_All_table, "\xda\x02\x02\xff\xff"), HasSubstr("ends within"));
}

TEST_F(Codec, SurvivesMemoryThatRunsOutAnywhere) {
  codec3_All message = {};
  for (int32_t i = 0; i < 20; ++i) {
    *codec3_All_put_int32_map(&message, &arena_, 100 - i) = i;
    codec3_All_add_strings(&message, &arena_, polycall_string_from("some text"));
    codec3_All_add_leaves(&message, &arena_)->text = polycall_string_from("leaf");
    codec3_All_add_doubles(&message, &arena_, i);
  }
  const std::string bytes = Encode(&codec3_All_table, &message) + "\xc0\x3e\x07";
  bool succeeded = false;
  for (size_t limit = 0; limit < 100000; limit += 97) {
    polycall_arena arena;
    polycall_arena_init(&arena, nullptr, 0);
    polycall_arena_set_limit(&arena, limit);
    polycall_status status = POLYCALL_STATUS_INIT;
    const codec3_All* const parsed = codec3_All_parse(&arena, bytes.data(), bytes.size(), &status);
    EXPECT_EQ(status.code, parsed == nullptr ? POLYCALL_RESOURCE_EXHAUSTED : POLYCALL_OK);
    if (parsed != nullptr) {
      succeeded = true;
      codec3_All copy;
      const bool copied = codec3_All_copy(&copy, parsed, &arena);
      EXPECT_TRUE(!copied || codec3_All_equal(&copy, parsed));
    }
    polycall_status_clear(&status);
    polycall_arena_free(&arena);
  }
  EXPECT_TRUE(succeeded);
}

TEST_F(Codec, NeverWritesBeyondASizeThatHasBecomeWrong) {
  codec3_All message = {};
  message.a_string = polycall_string_from("short");
  const size_t size = codec3_All_encoded_size(&message);
  std::string out(size + 8, '\x5a');
  message.a_string = polycall_string_from("something longer than that");
  EXPECT_NE(codec3_All_encode(&message, out.data(), size), 0);
  EXPECT_EQ(out.substr(size), std::string(8, '\x5a'));
  message.a_string = polycall_string_from("s");
  EXPECT_NE(codec3_All_encode(&message, out.data(), size), 0);
}

TEST_F(Codec, SeesEveryDifference) {
  const codec3_All* const one = Parse("\x68\x01\xc0\x3e\x07");
  EXPECT_TRUE(codec3_All_equal(one, Parse("\x68\x01\xc0\x3e\x07")));
  EXPECT_FALSE(codec3_All_equal(one, Parse("\x68\x01\xc0\x3e\x08")));
  EXPECT_FALSE(codec3_All_equal(one, Parse("\x68\x01")));
  EXPECT_FALSE(codec3_All_equal(one, Parse("\xc0\x3e\x07")));
}

TEST_F(Codec, RefusesStringsThatAreNotUtf8) {
  const auto with = [](const std::string& text) {
    std::string bytes = "\x12";
    bytes.push_back(static_cast<char>(text.size()));
    return bytes + text;
  };
  for (const char* good :
       {"", "ascii and more of it", "\u00e9", "\u20ac", "\U0010ffff", "\ud7ff"}) {
    EXPECT_EQ(Refusal(&codec3_Leaf_table, with(good)), "accepted") << good;
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5", "\xff", "ok\xe2\x82", "12345678\xc3", "\xc3("}) {
    EXPECT_THAT(Refusal(&codec3_Leaf_table, with(bad)), HasSubstr("UTF-8"));
  }
}

}  // namespace
