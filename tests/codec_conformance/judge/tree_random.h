// What the kinds of input share: trees of valid messages, random parts of them.
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_TREE_RANDOM_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_TREE_RANDOM_H_

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "random_message.h"
#include "wire_tree.h"

namespace polycall::codec_conformance {

// A valid message, small or middling.
std::string ValidBytes(const google::protobuf::Message& prototype, Random* random);
Tree ValidTree(const google::protobuf::Message& prototype, Random* random);

// A field that no type here knows, groups included.
Field UnknownField(Random* random, int depth);
Tree UnknownTree(Random* random, int depth);

// A valid occurrence of the field.
Field KnownField(const google::protobuf::FieldDescriptor* field, Random* random);
// Of a random field of the type; nothing if the type has none.
std::optional<Field> KnownField(const google::protobuf::Descriptor* type, Random* random);

// Inserts at a random place.
void Insert(Tree* tree, Field field, Random* random);

template <typename T>
T& Pick(std::vector<T>* items, Random* random) {
  return (*items)[Below(random, items->size())];
}

}  // namespace polycall::codec_conformance

#endif  // POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_TREE_RANDOM_H_
