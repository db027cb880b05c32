// What the judge says of a testee's answer.
#ifndef POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_COMPARE_H_
#define POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_COMPARE_H_

#include <google/protobuf/message.h>

#include <string>

namespace polycall::codec_conformance {

// Empty: the answer is right. Else what is wrong with it. `result` is the answer's first byte, `output`
// the rest of it; `decoded_only`: an accepted message was not to be encoded again.
std::string Judge(const google::protobuf::Message& prototype, const std::string& input, int result,
                  const std::string& output, bool decoded_only);

}  // namespace polycall::codec_conformance

#endif  // POLYCALL_TESTS_CODEC_CONFORMANCE_JUDGE_COMPARE_H_
