#include "compare.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/field_comparator.h>
#include <google/protobuf/util/message_differencer.h>

#include <memory>

#include "native/pipe.h"

namespace polycall::codec_conformance {
namespace {

using google::protobuf::Message;
using google::protobuf::util::DefaultFieldComparator;
using google::protobuf::util::MessageDifferencer;

// The same bytes for the same message, but for the order of unknown fields with different numbers.
std::string Canonical(const Message& message) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
  }
  return out;
}

std::string CanonicalKnown(const Message& message) {
  const std::unique_ptr<Message> known(message.New());
  known->CopyFrom(message);
  known->DiscardUnknownFields();
  return Canonical(*known);
}

std::string Differences(const Message& expected, const Message& actual) {
  if (Canonical(expected) == Canonical(actual)) return "";
  DefaultFieldComparator comparator;
  comparator.set_treat_nan_as_equal(true);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  if (!differencer.Compare(expected, actual)) return report;
  // It takes 0.0 and -0.0 for the same, and all that are not a number.
  if (CanonicalKnown(expected) != CanonicalKnown(actual)) {
    return "floating point numbers differ in their bits\n";
  }
  return "";
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
  return Differences(*expected, *actual);
}

}  // namespace polycall::codec_conformance
