// One thread per connection, blocking: the fastest server there is for few connections.
#include <unistd.h>

#include <string>

#include "common/bench_socket.h"
#include "common/echo_work.h"
#include "peers/byhand/byhand.h"
#include "peers/byhand/frame_io.h"

namespace byhand {
namespace {

constexpr size_t kFlushAt = 64 * 1024;

bool SendStream(const echo::v1::EchoMessage& request, echo::v1::EchoMessage* response,
                FrameWriter* writer) {
  for (int64_t i = 0; i < request.count(); ++i) {
    polycall_bench::Answer(request, response);
    writer->Append(*response);
    if (writer->pending() >= kFlushAt && !writer->Flush()) return false;
  }
  return true;
}

void ServeConnection(int fd) {
  FrameReader reader(fd);
  FrameWriter writer(fd);
  echo::v1::EchoMessage request;
  echo::v1::EchoMessage response;
  Frame frame;
  while (reader.Fill()) {
    // All requests that one read brought are answered by one write.
    while (reader.Next(&frame)) {
      if (!request.ParseFromArray(frame.data, static_cast<int>(frame.size))) return;
      if (frame.stream_request) {
        if (!SendStream(request, &response, &writer)) return;
      } else {
        polycall_bench::Answer(request, &response);
        writer.Append(response);
      }
    }
    if (writer.pending() > 0 && !writer.Flush()) return;
  }
}

}  // namespace

int Serve(const bench_options* options) {
  char address[512];
  const int listener = bench_listen(options->target, address, sizeof(address));
  if (listener < 0 || bench_accept_in_background(listener, ServeConnection) != 0) return 1;
  bench_server_ready(address);
  bench_server_wait();
  const std::string where = address;
  if (where.rfind("unix:", 0) == 0) unlink(where.c_str() + 5);
  return 0;
}

}  // namespace byhand
