#include "wire_tree.h"

#include <google/protobuf/io/coded_stream.h>

namespace polycall::codec_conformance {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::io::CodedInputStream;

const FieldDescriptor* FindField(const Descriptor* type, uint64_t number) {
  if (type == nullptr) return nullptr;
  const int n = static_cast<int>(number);
  const FieldDescriptor* const field = type->FindFieldByNumber(n);
  return field != nullptr ? field : type->file()->pool()->FindExtensionByNumber(type, n);
}

// Until the input or the group ends.
Tree ReadFields(CodedInputStream* in, const Descriptor* type) {
  Tree tree;
  tree.type = type;
  for (uint32_t tag = in->ReadTag(); tag != 0 && (tag & 7) != kEndGroup; tag = in->ReadTag()) {
    Field field;
    field.number = tag >> 3;
    field.wire = tag & 7;
    field.descriptor = FindField(type, field.number);
    const bool is_message = field.descriptor != nullptr &&
                            field.descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    const Descriptor* const inner = is_message ? field.descriptor->message_type() : nullptr;
    uint32_t small = 0;
    switch (field.wire) {
      case kVarint:
        in->ReadVarint64(&field.value);
        break;
      case kFixed64:
        in->ReadLittleEndian64(&field.value);
        break;
      case kFixed32:
        in->ReadLittleEndian32(&small);
        field.value = small;
        break;
      case kStartGroup:
        field.message.push_back(ReadFields(in, inner));
        break;
      default: {
        in->ReadVarint32(&small);
        if (is_message) {
          const auto limit = in->PushLimit(static_cast<int>(small));
          field.message.push_back(ReadFields(in, inner));
          in->PopLimit(limit);
        } else {
          in->ReadString(&field.bytes, static_cast<int>(small));
        }
      }
    }
    tree.fields.push_back(std::move(field));
  }
  return tree;
}

void AppendFixed(std::string* out, uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out->push_back(static_cast<char>(value >> (8 * i)));
}

void AppendValue(std::string* out, const Field& field) {
  const size_t begin = out->size();
  AppendVarint(out, field.value, field.value_padding);
  if (field.value_overflow != 0 && out->size() - begin == 10) {
    out->back() = static_cast<char>(out->back() | static_cast<char>(field.value_overflow & 0x7e));
  }
}

}  // namespace

Tree ReadTree(const Descriptor* type, const std::string& bytes) {
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  return ReadFields(&in, type);
}

void AppendVarint(std::string* out, uint64_t value, int padding) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  if (padding == 0) {
    out->push_back(static_cast<char>(value));
    return;
  }
  out->push_back(static_cast<char>(value | 0x80));
  for (; padding > 1; --padding) out->push_back(static_cast<char>(0x80));
  out->push_back('\0');
}

void AppendTag(std::string* out, uint64_t number, uint32_t wire, int padding) {
  AppendVarint(out, number << 3 | wire, padding);
}

void AppendField(std::string* out, const Field& field) {
  AppendTag(out, field.number, field.wire, field.tag_padding);
  switch (field.wire) {
    case kVarint:
      AppendValue(out, field);
      break;
    case kFixed64:
      AppendFixed(out, field.value, 8);
      break;
    case kFixed32:
      AppendFixed(out, field.value, 4);
      break;
    case kBytes: {
      const std::string content = field.message.empty() ? field.bytes : WriteTree(field.message[0]);
      AppendVarint(out, field.length.value_or(content.size()), field.value_padding);
      *out += content;
      break;
    }
    case kStartGroup: {
      if (!field.message.empty()) *out += WriteTree(field.message[0]);
      const uint64_t end = field.end_number.value_or(field.number);
      if (end != 0) AppendTag(out, end, kEndGroup);
      break;
    }
    default:  // an end without its begin; the wire types 6 and 7
      break;
  }
}

std::string WriteTree(const Tree& tree) {
  std::string out;
  for (const Field& field : tree.fields) AppendField(&out, field);
  return out;
}

std::vector<Field*> AllFields(Tree* tree) {
  std::vector<Field*> all;
  for (Tree* each : AllTrees(tree)) {
    for (Field& field : each->fields) all.push_back(&field);
  }
  return all;
}

std::vector<Tree*> AllTrees(Tree* tree) {
  std::vector<Tree*> all = {tree};
  for (size_t i = 0; i < all.size(); ++i) {
    for (Field& field : all[i]->fields) {
      if (!field.message.empty()) all.push_back(&field.message[0]);
    }
  }
  return all;
}

}  // namespace polycall::codec_conformance
