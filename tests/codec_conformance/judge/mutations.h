// The kinds of input. Each is a function from a message type and a source of randomness to bytes.
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_MUTATIONS_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_MUTATIONS_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "random_message.h"

namespace polycall::codec_conformance {

struct Kind {
  const char* name;
  std::string (*make)(const google::protobuf::Message& prototype, Random* random);
};

// To add a kind: a function in one of the files named below, and a line in the list of kinds.cc.
const std::vector<Kind>& Kinds();

// valid_kinds.cc: every encoder's freedom.
std::string Valid(const google::protobuf::Message& prototype, Random* random);
std::string Reordered(const google::protobuf::Message& prototype, Random* random);
std::string Concatenated(const google::protobuf::Message& prototype, Random* random);
std::string PackingSwapped(const google::protobuf::Message& prototype, Random* random);
std::string Duplicated(const google::protobuf::Message& prototype, Random* random);
std::string FieldsAdded(const google::protobuf::Message& prototype, Random* random);
std::string UnknownFields(const google::protobuf::Message& prototype, Random* random);
std::string MapEntries(const google::protobuf::Message& prototype, Random* random);
std::string Enums(const google::protobuf::Message& prototype, Random* random);

// broken_kinds.cc: the wire format bent and broken at one place.
std::string LeftOut(const google::protobuf::Message& prototype, Random* random);
std::string Texts(const google::protobuf::Message& prototype, Random* random);
std::string Varints(const google::protobuf::Message& prototype, Random* random);
std::string WireTypes(const google::protobuf::Message& prototype, Random* random);
std::string Lengths(const google::protobuf::Message& prototype, Random* random);
std::string Groups(const google::protobuf::Message& prototype, Random* random);
std::string FieldNumbers(const google::protobuf::Message& prototype, Random* random);
std::string Deep(const google::protobuf::Message& prototype, Random* random);

// damaged_kinds.cc: bytes changed without a look at what they are.
std::string Truncated(const google::protobuf::Message& prototype, Random* random);
std::string BitFlips(const google::protobuf::Message& prototype, Random* random);
std::string Damaged(const google::protobuf::Message& prototype, Random* random);
std::string Nonsense(const google::protobuf::Message& prototype, Random* random);

}  // namespace polycall::codec_conformance

#endif  // POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_MUTATIONS_H_
