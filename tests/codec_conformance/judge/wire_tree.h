// Wire bytes as a tree that can be changed and written again: what mutations work on. A tree can say
// things that no encoder would: overlong varints, wrong lengths, groups without their end.
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_WIRE_TREE_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_WIRE_TREE_H_

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace polycall::codec_conformance {

enum Wire : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kStartGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

struct Tree;

struct Field {
  uint64_t number = 0;  // may be too great for a tag
  uint32_t wire = kVarint;
  uint64_t value = 0;         // of a varint or a fixed number
  std::string bytes;          // of kBytes that is no message
  std::vector<Tree> message;  // one: the submessage, group or map entry; else empty
  const google::protobuf::FieldDescriptor* descriptor = nullptr;  // null: unknown

  // Damage.
  int tag_padding = 0;                 // further bytes of the tag's varint
  int value_padding = 0;               // of the value's, or of the length's
  uint32_t value_overflow = 0;         // bits beyond the 64th, or'ed into a varint's tenth byte
  std::optional<uint64_t> length;      // what to write as the length
  std::optional<uint64_t> end_number;  // of a group, 0: it does not end
};

struct Tree {
  const google::protobuf::Descriptor* type = nullptr;  // null: in an unknown group
  std::vector<Field> fields;
};

// `bytes` are a valid message of `type`.
Tree ReadTree(const google::protobuf::Descriptor* type, const std::string& bytes);

std::string WriteTree(const Tree& tree);

// A varint with `padding` more bytes than it needs.
void AppendVarint(std::string* out, uint64_t value, int padding = 0);
void AppendTag(std::string* out, uint64_t number, uint32_t wire, int padding = 0);

// The bytes of one field.
void AppendField(std::string* out, const Field& field);

// Every field at any depth; pointers are valid until the tree is changed in shape.
std::vector<Field*> AllFields(Tree* tree);
// The tree and every tree in it.
std::vector<Tree*> AllTrees(Tree* tree);

}  // namespace polycall::codec_conformance

#endif  // POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_WIRE_TREE_H_
