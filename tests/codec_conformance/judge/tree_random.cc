#include "tree_random.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <memory>
#include <utility>

namespace polycall::codec_conformance {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

std::string ValidBytes(const Message& prototype, Random* random) {
  const std::unique_ptr<Message> message(prototype.New());
  int budget = static_cast<int>(3 + Below(random, OneIn(random, 8) ? 150 : 25));
  FillRandomly(message.get(), random, static_cast<int>(1 + Below(random, 4)), &budget);
  return SameBytes(*message);
}

Tree ValidTree(const Message& prototype, Random* random) {
  return ReadTree(prototype.GetDescriptor(), ValidBytes(prototype, random));
}

Field UnknownField(Random* random, int depth) {
  static const uint32_t kWires[] = {kVarint, kFixed64, kBytes, kStartGroup, kFixed32};
  Field field;
  // Between the known ones of small numbers, beyond them, or anywhere; above what is reserved for
  // extensions, whose occurrences in a group only protobuf C++ would look into.
  field.number = OneIn(random, 2) ? 40 + Below(random, 59) : 250 + Below(random, 700);
  if (OneIn(random, 4)) field.number = 20001 + Below(random, 100000);
  field.wire = kWires[Below(random, depth > 0 ? 5 : 3)];
  field.value = AnyNumber(random);
  if (field.wire == kBytes) field.bytes = OneIn(random, 2) ? AnyText(random) : "\xff\xc0";
  if (field.wire == kStartGroup) field.message.push_back(UnknownTree(random, depth - 1));
  return field;
}

Tree UnknownTree(Random* random, int depth) {
  Tree tree;
  for (uint64_t i = Below(random, 4); i > 0; --i) {
    tree.fields.push_back(UnknownField(random, depth));
  }
  return tree;
}

Field KnownField(const FieldDescriptor* field, Random* random) {
  const Message* const prototype =
      MessageFactory::generated_factory()->GetPrototype(field->containing_type());
  const std::unique_ptr<Message> message(prototype->New());
  int budget = 8;
  FillField(message.get(), field, random, 2, &budget);
  Tree tree = ReadTree(field->containing_type(), SameBytes(*message));
  if (!tree.fields.empty()) return std::move(tree.fields[0]);
  // The zero value of a field without presence, which protobuf does not write.
  Field zero;
  zero.number = static_cast<uint64_t>(field->number());
  zero.descriptor = field;
  switch (field->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      zero.wire = kFixed64;
      break;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      zero.wire = kFixed32;
      break;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
      zero.wire = kBytes;
      break;
    default:
      zero.wire = kVarint;
  }
  return zero;
}

std::optional<Field> KnownField(const Descriptor* type, Random* random) {
  if (type == nullptr || type->field_count() == 0 || type->options().map_entry()) return {};
  return KnownField(
      type->field(static_cast<int>(Below(random, static_cast<uint64_t>(type->field_count())))),
      random);
}

void Insert(Tree* tree, Field field, Random* random) {
  const auto at = static_cast<ptrdiff_t>(Below(random, tree->fields.size() + 1));
  tree->fields.insert(tree->fields.begin() + at, std::move(field));
}

}  // namespace polycall::codec_conformance
