#include "compare.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>

#include "native/pipe.h"
#include "random_message.h"
#include "wire_tree.h"

namespace polycall::codec_conformance {
namespace {

using google::protobuf::Message;
using google::protobuf::util::DefaultFieldComparator;
using google::protobuf::util::MessageDifferencer;

std::string KnownBytes(const Message& message) {
  const std::unique_ptr<Message> known(message.New());
  known->CopyFrom(message);
  known->DiscardUnknownFields();
  return SameBytes(*known);
}

std::string Differences(const Message& expected, const Message& actual) {
  if (SameBytes(expected) == SameBytes(actual)) return "";
  DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (!differencer.Compare(expected, actual)) return report;
  // It takes 0.0 and -0.0 for the same, and all that are not a number.
  if (KnownBytes(expected) != KnownBytes(actual)) {
    return "floating point numbers differ in their bits\n";
  }
  return "";
}

// protobuf C++ reads the bools of map entries by their low 32 bits only, against its own reading of all
// other bools and of the other implementations. True: `input` had such a bool that is not 0 but has
// none of these bits, and now has a 1 in its place.
bool StraightenMapBools(const google::protobuf::Descriptor* type, std::string* input) {
  Tree tree = ReadTree(type, *input);
  bool changed = false;
  for (Tree* each : AllTrees(&tree)) {
    if (each->type == nullptr || !each->type->options().map_entry()) continue;
    for (Field& field : each->fields) {
      if (field.descriptor == nullptr || field.wire != kVarint) continue;
      if (field.descriptor->type() != google::protobuf::FieldDescriptor::TYPE_BOOL) continue;
      if (field.value == 0 || static_cast<uint32_t>(field.value) != 0) continue;
      field.value = 1;
      changed = true;
    }
  }
  if (changed) *input = WriteTree(tree);
  return changed;
}

}  // namespace

std::string Judge(const Message& prototype, const std::string& input, int result,
                  const std::string& output, bool decoded_only) {
  const std::unique_ptr<Message> expected(prototype.New());
  const bool valid = expected->ParseFromString(input);
  if (result == CODEC_UNSUPPORTED) return "unsupported: " + output;
  if (result == CODEC_TESTEE_FAILED) return "the testee failed: " + output;
  if (result == CODEC_REFUSED) {
    return valid ? "refused what protobuf accepts: " + output : "";
  }
  if (result != CODEC_ACCEPTED) return "the answer has the result " + std::to_string(result);
  if (!valid) return "accepted what protobuf refuses";
  if (decoded_only) return output.empty() ? "" : "decoding only was to answer with no bytes";
  const std::unique_ptr<Message> actual(prototype.New());
  if (!actual->ParseFromString(output)) return "what was encoded again is not valid";
  std::string differences = Differences(*expected, *actual);
  std::string straightened = input;
  if (!differences.empty() && StraightenMapBools(prototype.GetDescriptor(), &straightened) &&
      expected->ParseFromString(straightened)) {
    differences = Differences(*expected, *actual);
  }
  return differences;
}

}  // namespace polycall::codec_conformance
