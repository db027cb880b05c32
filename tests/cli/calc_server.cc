// Serves calc.proto for the tests of the polycall command, with the public C ABI and protobuf.
// calc_server TARGET: prints the address that callers use, and serves until standard input ends.
#include <google/protobuf/descriptor.pb.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "calc.pb.h"
#include "polycall/polycall.h"

namespace {

template <typename T>
T Parse(const polycall_message* message) {
  T parsed;
  if (message != nullptr) parsed.ParseFromArray(message->data, static_cast<int>(message->size));
  return parsed;
}

// `bytes` must outlive the message.
polycall_message Bytes(const std::string& bytes) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  message.data = bytes.data();
  message.size = bytes.size();
  return message;
}

template <typename T>
void Finish(polycall_call* call, const T& response) {
  const std::string bytes = response.SerializeAsString();
  const polycall_message message = Bytes(bytes);
  polycall_call_finish(call, nullptr, &message);
}

template <typename T>
bool Send(polycall_call* call, const T& response) {
  const std::string bytes = response.SerializeAsString();
  const polycall_message message = Bytes(bytes);
  return polycall_call_send(call, &message, 0, nullptr) == POLYCALL_OK;
}

template <typename T, typename Each>
void ForEach(polycall_call* call, Each each) {
  polycall_message message = POLYCALL_MESSAGE_INIT;
  while (polycall_call_receive(call, &message) == 1) {
    each(Parse<T>(&message));
    polycall_message_release(&message);
  }
}

void Add(void*, polycall_call* call, const polycall_message* message) {
  const auto request = Parse<calc::v1::AddRequest>(message);
  calc::v1::AddResponse response;
  response.set_sum(int64_t{request.a()} + request.b());
  Finish(call, response);
}

void Sum(void*, polycall_call* call, const polycall_message*) {
  calc::v1::AddResponse response;
  ForEach<calc::v1::Number>(call, [&](const calc::v1::Number& number) {
    response.set_sum(response.sum() + number.value());
  });
  Finish(call, response);
}

void Count(void*, polycall_call* call, const polycall_message* message) {
  const auto request = Parse<calc::v1::Number>(message);
  calc::v1::Number number;
  for (int64_t i = 1; i <= request.value(); ++i) {
    number.set_value(i);
    if (!Send(call, number)) break;
  }
  polycall_call_finish(call, nullptr, nullptr);
}

void Double(void*, polycall_call* call, const polycall_message*) {
  ForEach<calc::v1::Number>(call, [&](calc::v1::Number number) {
    number.set_value(2 * number.value());
    Send(call, number);
  });
  polycall_call_finish(call, nullptr, nullptr);
}

void Fail(void*, polycall_call* call, const polycall_message* message) {
  const auto request = Parse<calc::v1::FailRequest>(message);
  // A google.rpc.Status has the same three fields with the same numbers.
  const std::string details = request.details().empty() ? "" : request.SerializeAsString();
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_status_set(&status, static_cast<polycall_code>(request.code()),
                      request.message().c_str(), details.data(), details.size());
  polycall_call_finish(call, &status, nullptr);
  polycall_status_clear(&status);
}

void Sleep(void*, polycall_call* call, const polycall_message* message) {
  const auto request = Parse<calc::v1::SleepRequest>(message);
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(request.time().seconds()) +
                   std::chrono::nanoseconds(request.time().nanos());
  while (std::chrono::steady_clock::now() < end && polycall_call_is_cancelled(call) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  Finish(call, calc::v1::AddResponse());
}

void Echo(void*, polycall_call* call, const polycall_message* message) {
  polycall_metadata* trailing = polycall_metadata_new();
  const void* value;
  size_t size;
  for (const char* key : {"echo", "echo-bin"}) {
    if (polycall_metadata_find(polycall_call_metadata(call), key, &value, &size) == 1) {
      polycall_metadata_add(trailing, key, value, size, nullptr);
    }
  }
  polycall_call_send_initial_metadata(call, trailing, nullptr);
  polycall_call_set_trailing_metadata(call, trailing, nullptr);
  polycall_metadata_free(trailing);
  polycall_call_finish(call, nullptr, message);
}

void AddFile(const google::protobuf::FileDescriptor* file,
             google::protobuf::FileDescriptorSet* set) {
  for (const auto& known : set->file()) {
    if (known.name() == file->name()) return;
  }
  for (int i = 0; i < file->dependency_count(); ++i) AddFile(file->dependency(i), set);
  file->CopyTo(set->add_file());
}

polycall_method_descriptor Method(const char* name, polycall_kind kind) {
  polycall_method_descriptor method = {};
  method.struct_size = sizeof(method);
  method.name = name;
  method.kind = kind;
  return method;
}

int Failed(const char* what, const polycall_status& status) {
  fprintf(stderr, "calc_server: %s: %s\n", what, status.message == nullptr ? "" : status.message);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: calc_server TARGET\n");
    return 2;
  }
  google::protobuf::FileDescriptorSet set;
  AddFile(calc::v1::AddRequest::descriptor()->file(), &set);
  const std::string files = set.SerializeAsString();

  const polycall_method_descriptor methods[] = {Method("Add", POLYCALL_UNARY),
                                                Method("Sum", POLYCALL_CLIENT_STREAMING),
                                                Method("Count", POLYCALL_SERVER_STREAMING),
                                                Method("Double", POLYCALL_BIDI_STREAMING),
                                                Method("Fail", POLYCALL_UNARY),
                                                Method("Sleep", POLYCALL_UNARY),
                                                Method("Echo", POLYCALL_UNARY)};
  const polycall_handler_fn functions[] = {Add, Sum, Count, Double, Fail, Sleep, Echo};
  constexpr size_t kCount = std::size(methods);
  polycall_handler handlers[kCount];
  for (size_t i = 0; i < kCount; ++i) {
    handlers[i] = POLYCALL_HANDLER_INIT;
    handlers[i].fn = functions[i];
  }
  polycall_service_descriptor calc = {sizeof(calc), "calc.v1.Calc",     methods,
                                      kCount,       sizeof(methods[0]), files.data(),
                                      files.size(), 0x1122334455667788};
  // A service of which the server gives no description.
  polycall_service_descriptor bare = {sizeof(bare),       "bare.v1.Bare", methods, 1,
                                      sizeof(methods[0]), nullptr,        0,       0};
  polycall_status status = POLYCALL_STATUS_INIT;
  polycall_server_options options = POLYCALL_SERVER_OPTIONS_INIT;
  options.name = "calc-server";
  if (const char* handshake = getenv("POLYCALL_TEST_HANDSHAKE_MS")) {
    options.limits.handshake_timeout_ns = int64_t{1'000'000} * atoi(handshake);
  }
  polycall_server* server = polycall_server_new(&options, &status);
  char address[256];
  if (server == nullptr) return Failed("no server", status);
  if (polycall_server_add_service(server, &calc, handlers, sizeof(handlers[0]), nullptr, nullptr,
                                  &status) != POLYCALL_OK ||
      polycall_server_add_service(server, &bare, handlers, sizeof(handlers[0]), nullptr, nullptr,
                                  &status) != POLYCALL_OK) {
    return Failed("cannot add a service", status);
  }
  if (polycall_server_listen(server, argv[1], address, sizeof(address), &status) != POLYCALL_OK) {
    return Failed("cannot listen", status);
  }
  if (polycall_server_start(server, &status) != POLYCALL_OK) return Failed("cannot start", status);
  printf("%s\n", address);
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  polycall_server_shutdown(server, 1'000'000'000);
  polycall_server_free(server);
  return 0;
}
