// Long fields of protobuf's messages are sent from where they lie.
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>
#include <polycall/message.h>

#include <numeric>
#include <string>
#include <vector>

namespace polycall_cpp_test {
namespace {

using google::protobuf::ListValue;

constexpr size_t kRoom = 16 * 1024;
constexpr size_t kMaxSlices = 8;

struct Sliced {
  std::vector<char> room = std::vector<char>(kRoom);
  polycall_slice slices[kMaxSlices];
  size_t count = 0;

  explicit Sliced(const ListValue& message) {
    const size_t size = polycall::internal::EncodedSize<ListValue>(&message);
    count = polycall::internal::EncodeSlices<ListValue>(&message, size, room.data(), room.size(),
                                                        slices, kMaxSlices);
  }
  std::string Joined() const {
    std::string joined;
    for (size_t i = 0; i < count; ++i) {
      joined.append(static_cast<const char*>(slices[i].data), slices[i].size);
    }
    return joined;
  }
};

ListValue ListOf(const std::vector<size_t>& sizes) {
  ListValue list;
  char fill = 'a';
  for (const size_t size : sizes) {
    list.add_values()->set_string_value(std::string(size, fill));
    fill = fill == 'z' ? 'a' : static_cast<char>(fill + 1);
  }
  return list;
}

TEST(Slices, AreTheBytesThatEncodingGives) {
  for (const std::vector<size_t>& sizes :
       std::vector<std::vector<size_t>>{{65536},
                                        {1 << 20, 1},
                                        {0, 5, 20000, 7},
                                        {100, 70000, 100, 70000, 100},
                                        {4000, 50000, 4000, 50000, 3},
                                        {4093, 30000},
                                        {4096 * 3},
                                        {1, 4070, 4080, 4090, 9000},
                                        {}}) {
    const ListValue list = ListOf(sizes);
    const Sliced sliced(list);
    EXPECT_TRUE(sliced.Joined() == list.SerializeAsString()) << testing::PrintToString(sizes);
  }
}

TEST(Slices, NameLongFieldsWhereTheyLie) {
  const ListValue list = ListOf({10, 50000, 10});
  const Sliced sliced(list);
  ASSERT_EQ(sliced.count, 3u);
  EXPECT_EQ(sliced.slices[1].data, list.values(1).string_value().data());
  EXPECT_EQ(sliced.slices[1].size, 50000u);
  EXPECT_EQ(sliced.slices[0].data, sliced.room.data());
}

TEST(Slices, AreNoneIfTheFieldsAreTooManyOrTooShort) {
  EXPECT_EQ(Sliced(ListOf(std::vector<size_t>(kMaxSlices, 50000))).count, 0u) << "too many";
  EXPECT_EQ(Sliced(ListOf(std::vector<size_t>(500, 100))).count, 0u) << "more than the room";
}

}  // namespace
}  // namespace polycall_cpp_test
