// protobuf C++ as a testee: what the runner must find no fault with, and what the benchmark measures
// the others against. With the argument --arena each message of a bench is made in an arena.
#include <google/protobuf/arena.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <cstring>
#include <memory>
#include <string>

#include "native/pipe.h"
#include "wire2.pb.h"
#include "wire3.pb.h"

namespace {

using google::protobuf::Arena;
using google::protobuf::Message;

const Message* FindPrototype(const char* name) {
  const auto* const type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) return nullptr;
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
}

void Decode(const codec_request& request, const Message& prototype) {
  const std::unique_ptr<Message> message(prototype.New());
  if (!message->ParseFromArray(request.data, static_cast<int>(request.size))) {
    codec_answer_text(CODEC_REFUSED, "protobuf does not parse it");
  } else if (request.action == CODEC_DECODE) {
    codec_answer(CODEC_ACCEPTED, nullptr, 0);
  } else {
    const std::string bytes = message->SerializeAsString();
    codec_answer(CODEC_ACCEPTED, bytes.data(), bytes.size());
  }
}

bool Recode(const codec_request& request, Message* message, std::string* out) {
  return message->ParseFromArray(request.data, static_cast<int>(request.size)) &&
         message->SerializeToString(out);
}

// `Mixed` without reflection, as a program that knows its types has it.
bool RecodeNew(const codec_request& request, std::string* out) {
  wire3::Mixed message;
  return Recode(request, &message, out);
}

bool RecodeInArena(const codec_request& request, Arena* arena, std::string* out) {
  arena->Reset();
  return Recode(request, Arena::CreateMessage<wire3::Mixed>(arena), out);
}

void Bench(const codec_request& request, bool in_arena) {
  // A first block as a server would give it: no malloc in the loop.
  static char space[65536];
  google::protobuf::ArenaOptions options;
  options.initial_block = space;
  options.initial_block_size = sizeof space;
  Arena arena(options);
  std::string out;
  size_t first = 0;
  bool ok = true;
  const uint64_t begin = codec_now();
  for (uint32_t i = 0; ok && i < request.iterations; ++i) {
    ok = in_arena ? RecodeInArena(request, &arena, &out) : RecodeNew(request, &out);
    if (i == 0) first = out.size();
    ok = ok && out.size() == first;
  }
  const uint64_t end = codec_now();
  if (ok) {
    codec_answer_time(end - begin);
  } else {
    codec_answer_text(CODEC_TESTEE_FAILED, "the message cannot be decoded and encoded");
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool in_arena = argc > 1 && std::strcmp(argv[1], "--arena") == 0;
  const google::protobuf::LogSilencer silencer;
  // The generated pool learns of a file when something of it is used.
  google::protobuf::LinkMessageReflection<wire2::All>();
  google::protobuf::LinkMessageReflection<wire3::All>();
  codec_request request;
  while (codec_read_request(&request)) {
    const Message* const prototype = FindPrototype(request.name);
    if (prototype == nullptr) {
      codec_answer_text(CODEC_UNSUPPORTED, "no such message type");
    } else if (request.action == CODEC_RECODE || request.action == CODEC_DECODE) {
      Decode(request, *prototype);
    } else if (request.action == CODEC_BENCH && std::strcmp(request.name, "wire3.Mixed") == 0) {
      Bench(request, in_arena);
    } else {
      codec_answer_text(CODEC_UNSUPPORTED, "no such action for this type");
    }
  }
  return 0;
}
