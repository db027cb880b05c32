// The work itself, the same code for every peer that uses protobuf in C++.
#ifndef POLYCALL_BENCHMARKS_COMMON_ECHO_WORK_H_
#define POLYCALL_BENCHMARKS_COMMON_ECHO_WORK_H_

#include <cstdint>
#include <string>

#include "common/bench_message.h"
#include "echo.pb.h"

namespace polycall_bench {

// The request of every bench: `count` is what a server stream sends back.
inline void FillRequest(size_t payload, uint32_t count, echo::v1::EchoMessage* request) {
  request->set_payload(std::string(payload, 'x'));
  request->set_sequence(BENCH_SEQUENCE);
  request->set_sent_at(BENCH_SENT_AT);
  request->set_tag(BENCH_TAG);
  request->set_count(count);
}

// What each server's handler does: reads the request, fills an answer of its own.
inline void Answer(const echo::v1::EchoMessage& request, echo::v1::EchoMessage* response) {
  response->set_payload(request.payload());
  response->set_sequence(request.sequence());
  response->set_sent_at(request.sent_at());
  response->set_tag(request.tag());
  response->set_count(request.count());
}

// Whether `response` answers `request`; cheap enough for the measured loop.
inline bool Answers(const echo::v1::EchoMessage& request, const echo::v1::EchoMessage& response) {
  return response.payload().size() == request.payload().size() &&
         response.sequence() == request.sequence() && response.tag() == request.tag();
}

}  // namespace polycall_bench

#endif  // POLYCALL_BENCHMARKS_COMMON_ECHO_WORK_H_
