// Inputs that bend or break the wire format at one place, with the rest intact around it.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "mutations.h"
#include "tree_random.h"

namespace polycall::codec_conformance {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Most are not UTF-8; some only nearly so.
std::string OddText(Random* random) {
  static const char* const kPieces[] = {"\x80",
                                        "\xc3",
                                        "\xc0\xaf",
                                        "\xc1\xbf",
                                        "\xc2\x80",
                                        "\xc3\x28",
                                        "\xe0\x80\xaf",
                                        "\xe0\x9f\xbf",
                                        "\xe0\xa0\x80",
                                        "\xe2\x82",
                                        "\xed\x9f\xbf",
                                        "\xed\xa0\x80",
                                        "\xed\xbf\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x8f\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf0\x9f\x98",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xf4\x90\x80\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xf8\x88\x80\x80\x80",
                                        "\xfe",
                                        "\xff"};
  std::string text(Below(random, 20), 'x');  // checks go by words: every alignment
  text += kPieces[Below(random, sizeof kPieces / sizeof *kPieces)];
  return text + std::string(Below(random, 12), 'y');
}

Field* PickField(Tree* tree, Random* random) {
  std::vector<Field*> fields = AllFields(tree);
  return fields.empty() ? nullptr : Pick(&fields, random);
}

Tree* PickTree(Tree* tree, Random* random) {
  std::vector<Tree*> trees = AllTrees(tree);
  return Pick(&trees, random);
}

// The number of a field that the type knows, or of one that it does not.
uint64_t AnyFieldNumber(const Tree& tree, Random* random) {
  if (tree.type != nullptr && tree.type->field_count() > 0 && OneIn(random, 2)) {
    const auto count = static_cast<uint64_t>(tree.type->field_count());
    return static_cast<uint64_t>(
        tree.type->field(static_cast<int>(Below(random, count)))->number());
  }
  return 40 + Below(random, 50);
}

}  // namespace

std::string LeftOut(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 3); i > 0; --i) {
    Tree* const chosen = PickTree(&tree, random);
    if (chosen->fields.empty()) continue;
    const auto at = static_cast<ptrdiff_t>(Below(random, chosen->fields.size()));
    chosen->fields.erase(chosen->fields.begin() + at);
  }
  return WriteTree(tree);
}

std::string Texts(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  std::vector<std::pair<Tree*, const FieldDescriptor*>> places;
  for (Tree* each : AllTrees(&tree)) {
    for (int i = 0; each->type != nullptr && i < each->type->field_count(); ++i) {
      const FieldDescriptor* const field = each->type->field(i);
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) places.emplace_back(each, field);
    }
  }
  if (!places.empty()) {
    const auto [place, descriptor] = Pick(&places, random);
    Field field;
    field.number = static_cast<uint64_t>(descriptor->number());
    field.wire = kBytes;
    field.bytes = OddText(random);
    Insert(place, std::move(field), random);
  }
  return WriteTree(tree);
}

std::string Varints(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 2); i > 0; --i) {
    Field* const field = PickField(&tree, random);
    if (field == nullptr) break;
    switch (Below(random, 4)) {
      case 0:
        field->tag_padding = static_cast<int>(1 + Below(random, 10));
        break;
      case 1:
        field->value_padding = static_cast<int>(1 + Below(random, 10));
        break;
      case 2:  // as long as a varint may be, or one byte more
        if (field->wire == kVarint) field->value_padding = 0;
        if (field->wire == kVarint) field->value = ~uint64_t{0} >> Below(random, 9);
        field->value_overflow = static_cast<uint32_t>((*random)());
        break;
      default:
        field->value = AnyNumber(random);
        field->value_padding = static_cast<int>(Below(random, 5));
    }
  }
  return WriteTree(tree);
}

std::string WireTypes(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 2); i > 0; --i) {
    Field* const field = PickField(&tree, random);
    if (field == nullptr) break;
    field->wire = static_cast<uint32_t>(Below(random, 8));
    if (OneIn(random, 2)) continue;  // with what was there before
    field->value = AnyNumber(random);
    field->message.clear();
    field->bytes = AnyText(random);
    if (field->wire == kStartGroup) field->message.push_back(UnknownTree(random, 1));
  }
  return WriteTree(tree);
}

std::string Lengths(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  std::vector<Field*> fields = AllFields(&tree);
  fields.erase(std::remove_if(fields.begin(), fields.end(),
                              [](const Field* each) { return each->wire != kBytes; }),
               fields.end());
  if (fields.empty()) {  // of a field that is not there
    Field field;
    field.number = AnyFieldNumber(tree, random);
    field.wire = kBytes;
    field.bytes = AnyText(random);
    tree.fields.push_back(field);
    fields.push_back(&tree.fields.back());
  }
  Field* const field = Pick(&fields, random);
  const uint64_t actual =
      field->message.empty() ? field->bytes.size() : WriteTree(field->message[0]).size();
  static const uint64_t kGreat[] = {
      0x7ffffffe,  0x7fffffff,        0x80000000,        0xfffffff0,   0xffffffff,
      0x100000000, uint64_t{1} << 62, uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{15}};
  switch (Below(random, 4)) {
    case 0:
      field->length = actual + 1 + Below(random, 4);
      break;
    case 1:
      field->length = actual == 0 ? 1 : actual - 1 - Below(random, actual);
      break;
    case 2:
      field->length = actual + (uint64_t{1} << (32 + Below(random, 31)));
      break;
    default:
      field->length = kGreat[Below(random, sizeof kGreat / sizeof *kGreat)];
  }
  return WriteTree(tree);
}

std::string Groups(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  Tree* const place = PickTree(&tree, random);
  Field field;
  field.number = AnyFieldNumber(*place, random);
  field.wire = kStartGroup;
  field.message.push_back(UnknownTree(random, 2));
  switch (Below(random, 5)) {
    case 0:
      field.end_number = field.number + 1;
      break;
    case 1:
      field.end_number = 0;  // it does not end
      break;
    case 2:
      field.wire = kEndGroup;  // it did not begin
      break;
    case 3: {  // a group that ends beyond the message around it
      field.end_number = 0;
      Field end;
      end.number = field.number;
      end.wire = kEndGroup;
      tree.fields.push_back(end);
      break;
    }
    default:
      break;  // as it should be
  }
  Insert(place, std::move(field), random);
  return WriteTree(tree);
}

std::string FieldNumbers(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  Tree* const place = PickTree(&tree, random);
  Field field = UnknownField(random, 1);
  switch (Below(random, 6)) {
    case 0:
      field.number = 0;
      if (OneIn(random, 2)) field.wire = static_cast<uint32_t>(Below(random, 8));
      break;
    case 1:
      field.number = 536870911 - Below(random, 2);
      break;
    case 2:
      field.number = 19000 + Below(random, 1000);
      break;
    case 3:  // beyond 29 bits
      field.number = 536870912 + Below(random, 3);
      break;
    case 4:  // beyond 32 bits of tag, a known number below them
      field.number = AnyFieldNumber(*place, random) + (uint64_t{1} << (29 + Below(random, 30)));
      break;
    default:
      field.number = AnyFieldNumber(*place, random);
      field.tag_padding = static_cast<int>(Below(random, 10));
  }
  Insert(place, std::move(field), random);
  return WriteTree(tree);
}

// Nested about as deep as is allowed, or far deeper: what recurses must not run out of stack.
std::string Deep(const Message& prototype, Random* random) {
  const auto* const type = prototype.GetDescriptor();
  std::vector<const FieldDescriptor*> steps;  // that lead to the same type again
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* const field = type->field(i);
    if (field->message_type() == type) steps.push_back(field);
    if (field->is_map() && field->message_type()->field(1)->message_type() == type) {
      steps.push_back(field);
    }
  }
  uint64_t levels = 95 + Below(random, 10);
  if (OneIn(random, 6)) levels = uint64_t{1} << (8 + Below(random, 10));
  const uint64_t messages = steps.empty() ? 0 : OneIn(random, 2) ? levels : Below(random, levels);
  const bool ends = !OneIn(random, 8);

  // From the inside out; what stands before is built backwards.
  std::string before;
  std::string behind;
  if (OneIn(random, 2)) behind = ValidBytes(prototype, random);
  const auto prepend = [&before](const std::string& bytes) {
    before.append(bytes.rbegin(), bytes.rend());
  };
  for (uint64_t i = messages; i < levels; ++i) {
    std::string begin;
    AppendTag(&begin, 77, kStartGroup);
    prepend(begin);
    if (ends) AppendTag(&behind, 77, kEndGroup);
  }
  for (uint64_t i = 0; i < messages; ++i) {
    const FieldDescriptor* const step = Pick(&steps, random);
    for (const uint64_t number : {uint64_t{2}, static_cast<uint64_t>(step->number())}) {
      if (number == 2 && !step->is_map()) continue;  // the value within an entry
      std::string begin;
      AppendTag(&begin, number, kBytes);
      AppendVarint(&begin, before.size() + behind.size());
      prepend(begin);
    }
  }
  return std::string(before.rbegin(), before.rend()) + behind;
}

}  // namespace polycall::codec_conformance
