// A whole connection: bytes into a live server over a unix socket. The first byte of an input says how
// the rest is written:
//   0  as it is, preface and all;
//   1  after a good preface and HELLO;
//   2  as 1, but cut into frames whose body_size fits: 11 bytes of header (type to argument without the
//      high byte of the call's generation), 1 byte body size, body. So the fuzzer gets past the header.
// The server must stay alive, end the connection once its input ends, and answer a good call after it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "call/frame.h"
#include "negotiation/handshake.h"
#include "polycall/polycall.h"

namespace {

namespace call = polycall::call;

[[noreturn]] void Die(const char* what) {
  fprintf(stderr, "connection_fuzz: %s\n", what);
  abort();
}

// libFuzzer's alarm interrupts system calls.
template <typename Operation>
auto Uninterrupted(Operation operation) {
  auto result = operation();
  while (result < 0 && errno == EINTR) result = operation();
  return result;
}

void EchoUnary(void*, polycall_call* call, const polycall_message* request) {
  polycall_call_finish(call, nullptr, request);
}

// Echoes what it receives, for every streaming kind; `one` keeps the last message for the end.
void EchoStream(void*, polycall_call* call, const polycall_message* request) {
  const int32_t kind = polycall_call_kind(call);
  if (kind == POLYCALL_SERVER_STREAMING) {
    for (int i = 0; i < 2 && polycall_call_send(call, request, 0, nullptr) == POLYCALL_OK; ++i) {
    }
    polycall_call_finish(call, nullptr, nullptr);
    return;
  }
  polycall_message last = POLYCALL_MESSAGE_INIT, message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    if (kind == POLYCALL_BIDI_STREAMING) polycall_call_send(call, &message, 0, nullptr);
    polycall_message_release(&last);
    last = message;
  }
  polycall_call_finish(call, nullptr, kind == POLYCALL_CLIENT_STREAMING ? &last : nullptr);
  polycall_message_release(&last);
}

polycall_method_descriptor Method(const char* name, polycall_kind kind) {
  return {sizeof(polycall_method_descriptor), name, kind, 0, 0, "fuzz.Bytes", "fuzz.Bytes"};
}

class Target {
 public:
  Target() {
    char folder[] = "/tmp/polycall-fuzz-XXXXXX";
    if (mkdtemp(folder) == nullptr) Die("no temporary folder");
    folder_ = folder;
    path_ = folder_ + "/s";
    polycall_log_set(POLYCALL_LOG_NONE, nullptr, nullptr);
    polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
    options.limits.max_message_size = 4096;
    options.limits.max_metadata_size = 256;
    options.limits.max_calls_per_connection = 16;
    options.limits.handshake_timeout_ns = 2'000'000'000;
    options.max_threads = 8;
    polycall_status status = POLYCALL_STATUS_INIT;
    server_ = polycall_server_new(&options, &status);
    const polycall_method_descriptor methods[] = {
        Method("Unary", POLYCALL_UNARY), Method("Collect", POLYCALL_CLIENT_STREAMING),
        Method("Repeat", POLYCALL_SERVER_STREAMING), Method("Chat", POLYCALL_BIDI_STREAMING)};
    polycall_handler handlers[4];
    for (int i = 0; i < 4; ++i) {
      handlers[i] = POLYCALL_HANDLER_INIT;
      handlers[i].fn = i == 0 ? EchoUnary : EchoStream;
    }
    const polycall_service_descriptor service = {sizeof(service),    "fuzz.Echo", methods, 4,
                                                 sizeof(methods[0]), nullptr,     0,       1};
    if (polycall_server_add_service(server_, &service, handlers, sizeof(handlers[0]), nullptr,
                                    nullptr, &status) != POLYCALL_OK ||
        polycall_server_listen(server_, ("unix:" + path_).c_str(), nullptr, 0, &status) !=
            POLYCALL_OK ||
        polycall_server_start(server_, &status) != POLYCALL_OK) {
      Die(status.message);
    }
    channel_ = polycall_channel_new(("unix:" + path_).c_str(), nullptr, &status);
    if (channel_ == nullptr) Die(status.message);
    method_ = polycall_channel_method(channel_, "fuzz.Echo", &methods[0]);
  }

  ~Target() {
    polycall_channel_free(channel_);
    polycall_server_free(server_);
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }

  int Connect() const {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (fd < 0 || Uninterrupted([&] {
                    return connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
                  }) != 0) {
      Die("the server does not accept");
    }
    return fd;
  }

  void MustAnswer() {
    polycall_call_options options = POLYCALL_CALL_OPTIONS_INIT;
    options.timeout_ns = 10'000'000'000;
    polycall_unary unary = POLYCALL_UNARY_INIT;
    unary.method = method_;
    unary.options = &options;
    unary.request.data = "still there?";
    unary.request.size = 12;
    if (polycall_unary_call(channel_, &unary) != POLYCALL_OK) Die(unary.status.message);
    if (unary.response.size != 12) Die("a wrong answer");
    polycall_message_release(&unary.response);
  }

 private:
  std::string folder_, path_;
  polycall_server* server_ = nullptr;
  polycall_channel* channel_ = nullptr;
  const polycall_method* method_ = nullptr;
};

std::string Opening() {
  polycall::negotiation::Hello hello;
  hello.min_version = hello.max_version = 1;
  hello.limits.call_window = 64;  // small, so that the server meets the end of its credit
  hello.limits.connection_window = 256;
  const std::string body = Encode(hello);
  call::FrameHeader header;
  header.type = call::FrameType::kHello;
  header.body_size = static_cast<uint32_t>(body.size());
  uint8_t bytes[call::kFrameHeaderSize];
  call::WriteFrameHeader(header, bytes);
  return call::kPreface + std::string(reinterpret_cast<char*>(bytes), sizeof(bytes)) + body;
}

std::string Frames(const uint8_t* data, size_t size) {
  std::string out;
  while (size >= 12) {
    const uint32_t body_size = std::min<uint32_t>(data[11], static_cast<uint32_t>(size - 12));
    uint8_t header[call::kFrameHeaderSize] = {};
    memcpy(header, &body_size, sizeof(body_size));
    memcpy(header + 4, data, 7);       // type, flags, method, slot, low byte of the generation
    memcpy(header + 12, data + 7, 4);  // argument
    out.append(reinterpret_cast<char*>(header), sizeof(header));
    out.append(reinterpret_cast<const char*>(data) + 12, body_size);
    data += 12 + body_size;
    size -= 12 + body_size;
  }
  return out;
}

void Feed(const Target& target, std::string_view bytes) {
  const int fd = target.Connect();
  while (!bytes.empty()) {
    const ssize_t sent =
        Uninterrupted([&] { return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (sent <= 0) break;  // the server has closed: its right
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  shutdown(fd, SHUT_WR);
  for (;;) {
    pollfd wait = {fd, POLLIN, 0};
    if (Uninterrupted([&] { return poll(&wait, 1, 20000); }) != 1) {
      Die("the connection does not end after its input has");
    }
    char sink[4096];
    if (Uninterrupted([&] { return read(fd, sink, sizeof(sink)); }) <= 0) break;
  }
  close(fd);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Target target;
  static const std::string opening = Opening();
  static uint64_t runs = 0;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      Feed(target, rest);
      break;
    case 1:
      Feed(target, opening + std::string(rest));
      break;
    default:
      Feed(target, opening + Frames(data + 1, size - 1));
  }
  if (++runs % 16 == 0) target.MustAnswer();
  return 0;
}
