// Messages at random, by reflection.
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_RANDOM_MESSAGE_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_RANDOM_MESSAGE_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <random>
#include <string>

namespace polycall::codec_conformance {

using Random = std::mt19937_64;

// A number below `bound`, which is greater than 0.
uint64_t Below(Random* random, uint64_t bound);
// True once in `n` times.
bool OneIn(Random* random, uint64_t n);
// Mostly near the edges of varints and of types.
uint64_t AnyNumber(Random* random);
// UTF-8.
std::string AnyText(Random* random);

// Sets about half of the fields, all required ones, submessages down to `depth`. About `budget` values
// in all.
void FillRandomly(google::protobuf::Message* message, Random* random, int depth, int* budget);

// Sets one field, or adds to it.
void FillField(google::protobuf::Message* message, const google::protobuf::FieldDescriptor* field,
               Random* random, int depth, int* budget);

// The same bytes for the same message (protobuf writes maps in another order in each process), but for
// the order of unknown fields with different numbers. Required fields may be missing.
std::string SameBytes(const google::protobuf::Message& message);

}  // namespace polycall::codec_conformance

#endif  // POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_RANDOM_MESSAGE_H_
