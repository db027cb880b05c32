// Inputs that are valid, or nearly always: what encoders are free to do.
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "mutations.h"
#include "tree_random.h"

namespace polycall::codec_conformance {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsFixed(const FieldDescriptor* field, uint32_t* wire) {
  switch (field->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      *wire = kFixed64;
      return true;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      *wire = kFixed32;
      return true;
    default:
      *wire = kVarint;
      return false;
  }
}

// A packed field as one field for each number.
void Unpack(const Field& packed, std::vector<Field>* out) {
  Field one;
  one.number = packed.number;
  one.descriptor = packed.descriptor;
  const size_t step = IsFixed(packed.descriptor, &one.wire) ? (one.wire == kFixed64 ? 8 : 4) : 0;
  for (size_t at = 0; at < packed.bytes.size();) {
    one.value = 0;
    if (step > 0) {
      for (size_t i = 0; i < step; ++i, ++at) {
        one.value |= static_cast<uint64_t>(static_cast<uint8_t>(packed.bytes[at])) << (8 * i);
      }
    } else {
      uint8_t byte;
      unsigned shift = 0;
      do {
        byte = static_cast<uint8_t>(packed.bytes[at++]);
        one.value |= static_cast<uint64_t>(byte & 0x7f) << shift;
        shift += 7;
      } while (byte >= 0x80);
    }
    out->push_back(one);
  }
}

Field Pack(const Field& one) {
  Field packed;
  packed.number = one.number;
  packed.wire = kBytes;
  packed.descriptor = one.descriptor;
  if (one.wire == kVarint) {
    AppendVarint(&packed.bytes, one.value);
  } else {
    for (int i = 0; i < (one.wire == kFixed64 ? 8 : 4); ++i) {
      packed.bytes.push_back(static_cast<char>(one.value >> (8 * i)));
    }
  }
  return packed;
}

// The map fields of a type; empty if it has none.
std::vector<const FieldDescriptor*> MapsOf(const Descriptor* type) {
  std::vector<const FieldDescriptor*> maps;
  for (int i = 0; type != nullptr && i < type->field_count(); ++i) {
    if (type->field(i)->is_map()) maps.push_back(type->field(i));
  }
  return maps;
}

void ChangeEntry(Field* entry, const FieldDescriptor* map, Random* random) {
  Tree* const tree = &entry->message[0];
  const Descriptor* const type = map->message_type();
  const FieldDescriptor* const part = type->field(static_cast<int>(Below(random, 2)));
  switch (Below(random, 7)) {
    case 0:
      if (!tree->fields.empty()) tree->fields.erase(tree->fields.begin());
      break;
    case 1:
      if (!tree->fields.empty()) tree->fields.pop_back();
      break;
    case 2:
      tree->fields.clear();
      break;
    case 3:
      std::reverse(tree->fields.begin(), tree->fields.end());
      break;
    case 4:
      Insert(tree, UnknownField(random, 2), random);
      break;
    case 5: {  // a part in another wire type
      Field odd = UnknownField(random, 1);
      odd.number = static_cast<uint64_t>(part->number());
      Insert(tree, odd, random);
      break;
    }
    default: {  // a part twice
      const Field another = KnownField(map, random);
      if (!another.message.empty() && !another.message[0].fields.empty()) {
        Tree other = another.message[0];
        Insert(tree, Pick(&other.fields, random), random);
      }
    }
  }
}

}  // namespace

std::string Valid(const Message& prototype, Random* random) {
  return ValidBytes(prototype, random);
}

std::string Reordered(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (Tree* each : AllTrees(&tree)) {
    for (size_t i = each->fields.size(); i > 1; --i) {
      std::swap(each->fields[i - 1], each->fields[Below(random, i)]);
    }
  }
  return WriteTree(tree);
}

std::string Concatenated(const Message& prototype, Random* random) {
  std::string bytes;
  for (uint64_t i = 2 + Below(random, 2); i > 0; --i) bytes += ValidBytes(prototype, random);
  return bytes;
}

std::string PackingSwapped(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (Tree* each : AllTrees(&tree)) {
    std::vector<Field> fields;
    for (Field& field : each->fields) {
      const bool packable = field.descriptor != nullptr && field.descriptor->is_packable();
      if (!packable || OneIn(random, 3)) {
        fields.push_back(std::move(field));
      } else if (field.wire == kBytes) {
        Unpack(field, &fields);
      } else {
        fields.push_back(Pack(field));
        if (OneIn(random, 8)) {
          fields.push_back(Pack(field));
          fields.back().bytes.clear();
        }
      }
    }
    each->fields = std::move(fields);
  }
  return WriteTree(tree);
}

std::string Duplicated(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 4); i > 0; --i) {
    std::vector<Tree*> trees = AllTrees(&tree);
    Tree* const chosen = Pick(&trees, random);
    if (chosen->fields.empty()) continue;
    Field copy = Pick(&chosen->fields, random);
    Insert(chosen, std::move(copy), random);
  }
  return WriteTree(tree);
}

std::string FieldsAdded(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 6); i > 0; --i) {
    std::vector<Tree*> trees = AllTrees(&tree);
    Tree* const chosen = Pick(&trees, random);
    auto field = KnownField(chosen->type, random);
    if (field.has_value()) Insert(chosen, *std::move(field), random);
  }
  return WriteTree(tree);
}

std::string UnknownFields(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 5); i > 0; --i) {
    std::vector<Tree*> trees = AllTrees(&tree);
    Insert(Pick(&trees, random), UnknownField(random, 3), random);
  }
  return WriteTree(tree);
}

std::string MapEntries(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 4); i > 0; --i) {
    std::vector<Tree*> trees = AllTrees(&tree);
    trees.erase(std::remove_if(trees.begin(), trees.end(),
                               [](Tree* each) { return MapsOf(each->type).empty(); }),
                trees.end());
    if (trees.empty()) break;
    Tree* const chosen = Pick(&trees, random);
    auto maps = MapsOf(chosen->type);
    const FieldDescriptor* const map = Pick(&maps, random);
    Field entry = KnownField(map, random);
    if (entry.message.empty()) continue;
    ChangeEntry(&entry, map, random);
    if (OneIn(random, 3)) ChangeEntry(&entry, map, random);
    Insert(chosen, std::move(entry), random);
  }
  return WriteTree(tree);
}

std::string Enums(const Message& prototype, Random* random) {
  Tree tree = ValidTree(prototype, random);
  for (uint64_t i = 1 + Below(random, 4); i > 0; --i) {
    std::vector<std::pair<Tree*, const FieldDescriptor*>> places;
    for (Tree* each : AllTrees(&tree)) {
      for (int j = 0; each->type != nullptr && j < each->type->field_count(); ++j) {
        const FieldDescriptor* const field = each->type->field(j);
        if (field->type() == FieldDescriptor::TYPE_ENUM) places.emplace_back(each, field);
      }
    }
    if (places.empty()) break;
    const auto [place, enum_field] = Pick(&places, random);
    Field field;
    field.number = static_cast<uint64_t>(enum_field->number());
    field.descriptor = enum_field;
    field.value = AnyNumber(random);
    if (enum_field->is_repeated() && OneIn(random, 2)) {
      field = Pack(field);
      AppendVarint(&field.bytes, AnyNumber(random));
    }
    Insert(place, std::move(field), random);
  }
  return WriteTree(tree);
}

}  // namespace polycall::codec_conformance
