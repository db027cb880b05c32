#include "services.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "../native/testee.h"
#include "client.h"

namespace interop {
namespace {

constexpr char kInitialKey[] = "x-grpc-test-echo-initial";
constexpr char kTrailingKey[] = "x-grpc-test-echo-trailing-bin";

std::string Text(grpc::string_ref text) { return {text.data(), text.size()}; }

void EchoMetadata(grpc::ServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (auto found = metadata.find(kInitialKey); found != metadata.end()) {
    context.AddInitialMetadata(kInitialKey, Text(found->second));
  }
  if (auto found = metadata.find(kTrailingKey); found != metadata.end()) {
    context.AddTrailingMetadata(kTrailingKey, Text(found->second));
  }
}

template <typename Request>
grpc::Status EchoStatus(const Request& request) {
  return {static_cast<grpc::StatusCode>(request.response_status().code()),
          request.response_status().message()};
}

// Sends what one request asks for.
template <typename Writer>
grpc::Status SendResponses(const TestServiceImpl::Request& request, Writer& writer) {
  for (const grpc::testing::ResponseParameters& wanted : request.response_parameters()) {
    std::this_thread::sleep_for(std::chrono::microseconds(wanted.interval_us()));
    TestServiceImpl::Response response;
    *response.mutable_payload() = NewPayload(wanted.size());
    if (!writer.Write(response)) return grpc::Status::CANCELLED;
  }
  return grpc::Status::OK;
}

// A client's end of the call that travels on, which ends with this one.
std::unique_ptr<grpc::ClientContext> Onward(const grpc::ServerContext& context) {
  return grpc::ClientContext::FromServerContext(context);
}

std::unique_ptr<PolyCallTestService::Stub> NextServer(const pb::HopRequest& request) {
  return PolyCallTestService::NewStub(OpenChannel(request.target()));
}

pb::HopRequest OneHopLess(pb::HopRequest request) {
  request.set_hops(request.hops() - 1);
  return request;
}

}  // namespace

grpc::Status TestServiceImpl::UnaryCall(Context* context,
                                        const grpc::testing::SimpleRequest* request,
                                        grpc::testing::SimpleResponse* reply) {
  EchoMetadata(*context);
  *reply->mutable_payload() = NewPayload(request->response_size());
  return EchoStatus(*request);
}

grpc::Status TestServiceImpl::StreamingOutputCall(Context* context, const Request* request,
                                                  grpc::ServerWriter<Response>* writer) {
  EchoMetadata(*context);
  const grpc::Status status = EchoStatus(*request);
  return status.ok() ? SendResponses(*request, *writer) : status;
}

grpc::Status TestServiceImpl::StreamingInputCall(
    Context*, grpc::ServerReader<grpc::testing::StreamingInputCallRequest>* reader,
    grpc::testing::StreamingInputCallResponse* reply) {
  int sum = 0;
  grpc::testing::StreamingInputCallRequest request;
  while (reader->Read(&request)) sum += static_cast<int>(request.payload().body().size());
  reply->set_aggregated_payload_size(sum);
  return grpc::Status::OK;
}

grpc::Status TestServiceImpl::FullDuplexCall(Context* context,
                                             grpc::ServerReaderWriter<Response, Request>* stream) {
  EchoMetadata(*context);
  grpc::Status status;
  Request request;
  while (status.ok() && stream->Read(&request)) {
    status = EchoStatus(request);
    if (status.ok()) status = SendResponses(request, *stream);
  }
  return status;
}

grpc::Status TestServiceImpl::HalfDuplexCall(Context*,
                                             grpc::ServerReaderWriter<Response, Request>* stream) {
  std::vector<Request> requests;
  Request next;
  while (stream->Read(&next)) requests.push_back(next);
  grpc::Status status;
  for (const Request& request : requests) {
    if (status.ok()) status = SendResponses(request, *stream);
  }
  return status;
}

grpc::Status OwnService::GetCounters(Context*, const pb::CountersRequest* request,
                                     pb::Counters* reply) {
  *reply = counters_.Get(request->key());
  return grpc::Status::OK;
}

grpc::Status OwnService::GetMemory(Context*, const pb::MemoryRequest*, pb::Memory* reply) {
  int64_t total = 0, resident = 0;
  std::ifstream file("/proc/self/statm");
  if (!(file >> total >> resident)) {
    return {grpc::UNAVAILABLE, "/proc/self/statm cannot be read"};
  }
  reply->set_resident_bytes(resident * sysconf(_SC_PAGESIZE));
  reply->set_process_id(getpid());
  return grpc::Status::OK;
}

grpc::Status OwnService::GetTimeLeft(Context* context, const pb::HopRequest* request,
                                     pb::TimeLeft* reply) {
  if (request->hops() > 0) {
    return NextServer(*request)->GetTimeLeft(Onward(*context).get(), OneHopLess(*request), reply);
  }
  const auto deadline = context->deadline();
  reply->set_has_deadline(deadline != std::chrono::system_clock::time_point::max());
  if (reply->has_deadline()) {
    reply->set_time_left_us(std::chrono::duration_cast<std::chrono::microseconds>(
                                deadline - std::chrono::system_clock::now())
                                .count());
  }
  return grpc::Status::OK;
}

grpc::Status OwnService::WaitForCancel(Context* context, const pb::HopRequest* request,
                                       pb::WaitReply* reply) {
  if (request->hops() > 0) {
    return NextServer(*request)->WaitForCancel(Onward(*context).get(), OneHopLess(*request), reply);
  }
  counters_.Started(request->key());
  for (int i = 0; i < 4000 && !context->IsCancelled(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (context->IsCancelled()) {
    counters_.Cancelled(request->key());
    return grpc::Status::CANCELLED;
  }
  counters_.Finished(request->key());
  return grpc::Status::OK;
}

grpc::ServerUnaryReactor* OwnService::Gather(grpc::CallbackServerContext* context,
                                             const pb::GatherRequest* request,
                                             pb::GatherReply* reply) {
  counters_.Started(request->key());
  reply->set_number(request->number());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::vector<grpc::ServerUnaryReactor*> complete;
  {
    std::lock_guard lock(mutex_);
    std::vector<grpc::ServerUnaryReactor*>& waiting = gathered_[request->key()];
    waiting.push_back(reactor);
    if (static_cast<int>(waiting.size()) == request->count()) complete.swap(waiting);
  }
  for (grpc::ServerUnaryReactor* each : complete) each->Finish(grpc::Status::OK);
  return reactor;
}

void OwnService::End() {
  std::map<std::string, std::vector<grpc::ServerUnaryReactor*>> gathered;
  {
    std::lock_guard lock(mutex_);
    gathered.swap(gathered_);
  }
  for (auto& [key, waiting] : gathered) {
    for (grpc::ServerUnaryReactor* each : waiting) each->Finish(grpc::Status::CANCELLED);
  }
}

grpc::Status OwnService::Sleep(Context*, const pb::SleepRequest* request, pb::SleepReply*) {
  counters_.Started(request->key());
  std::this_thread::sleep_for(std::chrono::milliseconds(request->milliseconds()));
  counters_.Finished(request->key());
  return grpc::Status::OK;
}

grpc::Status OwnService::Flood(Context*, const pb::FloodRequest* request,
                               grpc::ServerWriter<pb::FloodMessage>* writer) {
  counters_.Started(request->key());
  pb::FloodMessage message;
  message.set_body(std::string(request->size(), '\0'));
  for (int i = 0; i < request->count(); ++i) {
    message.set_number(i);
    if (!writer->Write(message)) return grpc::Status::CANCELLED;
    counters_.Sent(request->key());
  }
  counters_.Finished(request->key());
  return grpc::Status::OK;
}

grpc::Status OwnService::Hold(Context* context,
                              grpc::ServerReaderWriter<pb::HoldMessage, pb::HoldMessage>* stream) {
  std::string key;
  pb::HoldMessage message;
  while (stream->Read(&message)) {
    if (key.empty()) {
      key = message.key();
      counters_.Started(key);
    }
    counters_.Received(key);
    if (!stream->Write(message)) break;
  }
  context->IsCancelled() ? counters_.Cancelled(key) : counters_.Finished(key);
  return grpc::Status::OK;
}

grpc::Status OwnService::Throw(Context*, const pb::ThrowRequest*, pb::ThrowReply*) {
  throw std::runtime_error("this handler always fails");
}

grpc::Status OwnService::EchoNarrow(Context*, const pb::Narrow* request, pb::Narrow* reply) {
  *reply = *request;
  return grpc::Status::OK;
}

grpc::Status OwnService::Kill(Context*, const pb::KillRequest*, pb::KillReply*) {
  _exit(INTEROP_DIED);
}

grpc::Status OwnService::Shutdown(Context*, const pb::ShutdownRequest* request,
                                  pb::ShutdownReply*) {
  request_shutdown_(request->grace_ms());
  return grpc::Status::OK;
}

}  // namespace interop
