// Random messages by reflection, and random damage to bytes. The same seed gives the same message.
#ifndef POLYCALL_C_TESTS_RANDOM_MESSAGE_H_
#define POLYCALL_C_TESTS_RANDOM_MESSAGE_H_

#include <google/protobuf/message.h>

#include <random>
#include <string>

namespace polycall::c_test {

using Random = std::mt19937;

// Sets about half of the fields of `message`; submessages to `depth` levels.
void FillRandomly(google::protobuf::Message* message, Random* random, int depth);

// Bytes flipped, cut out, repeated, inserted, truncated.
std::string Damaged(std::string bytes, Random* random);

// A sequence of fields that is formed well, with numbers and wire types at random.
std::string RandomFields(Random* random, int depth);

}  // namespace polycall::c_test

#endif  // POLYCALL_C_TESTS_RANDOM_MESSAGE_H_
