// The judge: makes inputs and says whether answers are right. Speaks as testees do (README.md), with
// actions of its own; the runner is its only user.
//
//   list   ->  a line for each message type, an empty line, a line for each kind of input
//   make   name "wire3.Maps/lengths/SEED.NUMBER"  ->  the input's bytes, the same at any time
//   judge  name "wire3.Maps"; bytes: the testee's action, the input's length (4), the input, the
//          testee's answer  ->  accepted, or refused and what is wrong
#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "compare.h"
#include "mutations.h"
#include "native/pipe.h"
#include "wire2.pb.h"
#include "wire3.pb.h"

namespace polycall::codec_conformance {
namespace {

using google::protobuf::Message;

constexpr int kList = 10;
constexpr int kMake = 11;
constexpr int kJudge = 12;

std::vector<const Message*> Prototypes() {
  google::protobuf::LinkMessageReflection<wire2::All>();
  google::protobuf::LinkMessageReflection<wire3::All>();
  std::vector<const Message*> prototypes;
  for (const auto* file : {wire3::All::descriptor()->file(), wire2::All::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const auto* const type = file->message_type(i);
      // A group has a message type of its own, which is nested; all others stand at the top.
      prototypes.push_back(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(type));
    }
  }
  return prototypes;
}

const Message* Find(const std::vector<const Message*>& prototypes, const std::string& name) {
  for (const Message* each : prototypes) {
    if (each->GetDescriptor()->full_name() == name) return each;
  }
  return nullptr;
}

const Kind* FindKind(const std::string& name) {
  for (const Kind& kind : Kinds()) {
    if (name == kind.name) return &kind;
  }
  return nullptr;
}

// FNV-1a: an input depends on its name alone, not on what else there is.
uint64_t Hash(const std::string& text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

void List(const std::vector<const Message*>& prototypes) {
  std::string text;
  for (const Message* each : prototypes) text += each->GetDescriptor()->full_name() + "\n";
  text += "\n";
  for (const Kind& kind : Kinds()) text += std::string(kind.name) + "\n";
  codec_answer(CODEC_ACCEPTED, text.data(), text.size());
}

void Make(const std::vector<const Message*>& prototypes, const std::string& name) {
  const size_t first = name.find('/');
  const size_t second = name.find('/', first + 1);
  const Message* const prototype = Find(prototypes, name.substr(0, first));
  const Kind* const kind =
      second == std::string::npos ? nullptr : FindKind(name.substr(first + 1, second - first - 1));
  if (prototype == nullptr || kind == nullptr) {
    codec_answer_text(CODEC_UNSUPPORTED, "no such message type or kind of input");
    return;
  }
  Random random(Hash(name));
  const std::string bytes = kind->make(*prototype, &random);
  codec_answer(CODEC_ACCEPTED, bytes.data(), bytes.size());
}

void JudgeAnswer(const std::vector<const Message*>& prototypes, const codec_request& request) {
  const Message* const prototype = Find(prototypes, request.name);
  uint32_t input_size = 0;
  if (prototype == nullptr || request.size < 6) {
    codec_answer_text(CODEC_UNSUPPORTED, "no such message type, or no answer");
    return;
  }
  const int action = static_cast<uint8_t>(request.data[0]);
  std::memcpy(&input_size, request.data + 1, 4);
  if (input_size > request.size - 6) {
    codec_answer_text(CODEC_UNSUPPORTED, "the input is longer than the request");
    return;
  }
  const char* const answer = request.data + 5 + input_size;
  const std::string input(request.data + 5, input_size);
  const std::string output(answer + 1, request.size - 6 - input_size);
  const std::string wrong = Judge(*prototype, input, *answer, output, action == CODEC_DECODE);
  codec_answer(wrong.empty() ? CODEC_ACCEPTED : CODEC_REFUSED, wrong.data(), wrong.size());
}

int Main() {
  const google::protobuf::LogSilencer silencer;
  const auto prototypes = Prototypes();
  codec_request request;
  while (codec_read_request(&request)) {
    switch (request.action) {
      case kList:
        List(prototypes);
        break;
      case kMake:
        Make(prototypes, request.name);
        break;
      case kJudge:
        JudgeAnswer(prototypes, request);
        break;
      default:
        codec_answer_text(CODEC_UNSUPPORTED, "no such action");
    }
  }
  return 0;
}

}  // namespace
}  // namespace polycall::codec_conformance

int main() { return polycall::codec_conformance::Main(); }
