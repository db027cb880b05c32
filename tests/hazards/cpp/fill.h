#ifndef POLYCALL_TESTS_HAZARDS_CPP_FILL_H_
#define POLYCALL_TESTS_HAZARDS_CPP_FILL_H_

#include <google/protobuf/message.h>

#include <random>

namespace polycall_hazards {

// Gives `message` values of every sort, the same for the same state of `random`: numbers of all sizes,
// empty and non-empty texts, absent fields, nested messages `depth` deep.
void Fill(google::protobuf::Message* message, std::mt19937* random, int depth = 3);

}  // namespace polycall_hazards

#endif  // POLYCALL_TESTS_HAZARDS_CPP_FILL_H_
