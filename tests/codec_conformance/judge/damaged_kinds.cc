// Inputs changed without a look at what the bytes say.
#include "mutations.h"
#include "tree_random.h"

namespace polycall::codec_conformance {

using google::protobuf::Message;

std::string Truncated(const Message& prototype, Random* random) {
  std::string bytes = ValidBytes(prototype, random);
  bytes.resize(Below(random, bytes.size() + 1));
  return bytes;
}

std::string BitFlips(const Message& prototype, Random* random) {
  std::string bytes = ValidBytes(prototype, random);
  if (bytes.empty()) return bytes;
  for (uint64_t i = 1 + Below(random, 3); i > 0; --i) {
    const size_t at = Below(random, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(random, 8)));
  }
  return bytes;
}

std::string Damaged(const Message& prototype, Random* random) {
  std::string bytes = ValidBytes(prototype, random);
  for (uint64_t i = 1 + Below(random, 3); i > 0 && !bytes.empty(); --i) {
    const size_t at = Below(random, bytes.size());
    const size_t length = Below(random, 8);
    switch (Below(random, 4)) {
      case 0:
        bytes[at] = static_cast<char>((*random)());
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.insert(at, 1 + length, static_cast<char>((*random)()));
    }
  }
  return bytes;
}

std::string Nonsense(const Message& prototype, Random* random) {
  std::string bytes;
  for (uint64_t i = Below(random, 24); i > 0; --i) {
    bytes.push_back(static_cast<char>((*random)() >> Below(random, 8)));
  }
  return bytes;
}

}  // namespace polycall::codec_conformance
