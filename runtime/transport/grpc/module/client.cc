#include "transport/grpc/module/client.h"

#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>

#include <utility>

#include "transport/grpc/module/channel_args.h"

namespace polycall::transport {
namespace {

// For all channels of the process; never ended.
Poller& ClientPoller() {
  static auto* poller = new Poller;
  return *poller;
}

// What the last batch of a call fills.
struct Ending {
  grpc_metadata_array initial = {};
  grpc_metadata_array trailing = {};
  grpc_status_code code = GRPC_STATUS_UNKNOWN;
  grpc_slice text = grpc_empty_slice();

  Ending() = default;
  ~Ending() {
    grpc_metadata_array_destroy(&initial);
    grpc_metadata_array_destroy(&trailing);
    grpc_slice_unref(text);
  }
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  grpc_op InitialOp() {
    grpc_op op = Op(GRPC_OP_RECV_INITIAL_METADATA);
    op.data.recv_initial_metadata.recv_initial_metadata = &initial;
    return op;
  }
  grpc_op StatusOp() {
    grpc_op op = Op(GRPC_OP_RECV_STATUS_ON_CLIENT);
    op.data.recv_status_on_client.trailing_metadata = &trailing;
    op.data.recv_status_on_client.status = &code;
    op.data.recv_status_on_client.status_details = &text;
    return op;
  }
  template <typename Events>
  void Tell(Events* events, bool sent) {
    GrpcStatus status{code, View(text), {}};
    const GrpcEntries entries = FromArray(trailing, &status.details);
    events->OnEnd(status, entries, sent);
  }
};

// The first batch: what the caller starts with.
struct Opening {
  OutMetadata metadata;
  grpc_byte_buffer* first = nullptr;
  grpc_op ops[3];
  size_t count = 0;

  explicit Opening(const GrpcStart& start) {
    metadata.Add(start.metadata);
    ops[0] = Op(GRPC_OP_SEND_INITIAL_METADATA);
    ops[0].data.send_initial_metadata.count = metadata.size();
    ops[0].data.send_initial_metadata.metadata = metadata.data();
    count = 1;
    if (start.first != nullptr) {
      first = ToBuffer(*start.first);
      ops[count] = Op(GRPC_OP_SEND_MESSAGE);
      ops[count++].data.send_message.send_message = first;
    }
    if (start.end) ops[count++] = Op(GRPC_OP_SEND_CLOSE_FROM_CLIENT);
  }
  ~Opening() {
    if (first != nullptr) grpc_byte_buffer_destroy(first);
  }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
};

class ClientStream final : public Stream {
 public:
  ClientStream(grpc_call* call, uint64_t max_message_size, const GrpcStart& start,
               GrpcStreamEvents* events)
      : Stream(call, max_message_size), unary_(start.unary), opening_(start) {
    events_ = events;
  }

  void Open() {
    std::lock_guard lock(mutex_);
    writing_ = true;
    StartBatch(opening_.ops, opening_.count, &opened_);
    if (unary_) {
      // All that comes in one batch.
      reading_ = true;
      grpc_op ops[3] = {ending_.InitialOp(), Op(GRPC_OP_RECV_MESSAGE), ending_.StatusOp()};
      ops[1].data.recv_message.recv_message = &response_;
      StartBatch(ops, 3, &whole_);
    } else {
      const grpc_op initial = ending_.InitialOp();
      StartBatch(&initial, 1, &initial_);
      const grpc_op status = ending_.StatusOp();
      StartBatch(&status, 1, &status_);
    }
  }

  void Write(const GrpcBytes& message, bool more, bool end) override {
    grpc_byte_buffer* buffer = ToBuffer(message);
    std::lock_guard lock(mutex_);
    if (status_done_) {
      grpc_byte_buffer_destroy(buffer);
      return;
    }
    queue_.push_back({buffer, message.bytes.size(), more, end});
    if (!writing_) WriteNextLocked();
  }

  void HalfClose() override {
    std::lock_guard lock(mutex_);
    if (status_done_) return;
    queue_.push_back({nullptr, 0, false, true});
    if (!writing_) WriteNextLocked();
  }

  void Cancel() override { grpc_call_cancel(call_, nullptr); }
  void SendInitialMetadata(const GrpcEntries&) override {}
  void Finish(const GrpcStatus&, const GrpcEntries&, const GrpcBytes*) override {}

 private:
  ~ClientStream() override {
    if (out_ != nullptr) grpc_byte_buffer_destroy(out_);
  }

  void WriteNextLocked() {
    const Queued next = queue_.front();
    queue_.pop_front();
    writing_ = true;
    out_ = next.buffer;
    out_size_ = next.size;
    grpc_op ops[2];
    size_t count = 0;
    if (out_ != nullptr) {
      ops[count] = Op(GRPC_OP_SEND_MESSAGE);
      ops[count].data.send_message.send_message = out_;
      if (next.more || !queue_.empty()) ops[count].flags = GRPC_WRITE_BUFFER_HINT;
      ++count;
    }
    if (next.end) ops[count++] = Op(GRPC_OP_SEND_CLOSE_FROM_CLIENT);
    StartBatch(ops, count, &written_);
  }

  void AfterWrite(bool ok) {
    if (ok && !queue_.empty()) {
      WriteNextLocked();
    } else {
      writing_ = false;
      // The call is over: its status is on the way.
      if (!ok) DropQueueLocked();
    }
  }

  void OnOpened(bool ok) {
    {
      std::lock_guard lock(mutex_);
      sent_ = ok;
      AfterWrite(ok);
    }
    EndIfOver();
  }

  void OnWritten(bool ok) {
    size_t size;
    bool message;
    {
      std::lock_guard lock(mutex_);
      message = out_ != nullptr;
      size = out_size_;
      if (message) grpc_byte_buffer_destroy(std::exchange(out_, nullptr));
      AfterWrite(ok);
    }
    if (ok && message) events_->OnWritten(size);
    EndIfOver();
  }

  void OnInitial(bool ok) {
    if (ok) events_->OnInitialMetadata(FromArray(ending_.initial, nullptr));
    {
      std::lock_guard lock(mutex_);
      initial_done_ = true;
      // Not sooner: a message does not overtake the metadata.
      if (read_wanted_ && !reading_ && !read_over_) StartReadLocked();
    }
    EndIfOver();
  }

  void OnStatus(bool) {
    {
      std::lock_guard lock(mutex_);
      status_done_ = true;
      DropQueueLocked();
    }
    EndIfOver();
  }

  void OnWhole(bool) {
    if (ending_.initial.count > 0) {
      events_->OnInitialMetadata(FromArray(ending_.initial, nullptr));
    }
    if (response_ != nullptr) {
      InMessage message(response_);
      GrpcStatus error;
      if (message.Open(max_message_size_, &error)) {
        events_->OnMessage(message.message());
      } else {
        events_->OnReadEnd(error);
      }
    }
    {
      std::lock_guard lock(mutex_);
      reading_ = false;
      initial_done_ = status_done_ = true;
      DropQueueLocked();
    }
    EndIfOver();
  }

  bool MayReadLocked() const override { return initial_done_ && !unary_; }
  void AfterRead() override { EndIfOver(); }

  // When the last batch is done: the status comes behind everything else.
  void EndIfOver() {
    {
      std::lock_guard lock(mutex_);
      if (ended_ || !status_done_ || !initial_done_ || reading_ || writing_) return;
      ended_ = true;
    }
    ending_.Tell(events_, sent_);
  }

  const bool unary_;
  Opening opening_;
  Ending ending_;
  grpc_byte_buffer* response_ = nullptr;  // unary
  grpc_byte_buffer* out_ = nullptr;       // guarded by mutex_: being sent
  size_t out_size_ = 0;                   // guarded by mutex_
  bool sent_ = false;                     // guarded by mutex_: the headers left
  bool initial_done_ = false;             // guarded by mutex_
  bool status_done_ = false;              // guarded by mutex_
  bool ended_ = false;                    // guarded by mutex_
  Batch<ClientStream> opened_{this, &ClientStream::OnOpened};
  Batch<ClientStream> written_{this, &ClientStream::OnWritten};
  Batch<ClientStream> initial_{this, &ClientStream::OnInitial};
  Batch<ClientStream> status_{this, &ClientStream::OnStatus};
  Batch<ClientStream> whole_{this, &ClientStream::OnWhole};
};

// The queue of this thread's blocking calls. One at a time is in it.
class PluckQueue {
 public:
  PluckQueue() : queue_(grpc_completion_queue_create_for_pluck(nullptr)) {}
  ~PluckQueue() {
    grpc_completion_queue_shutdown(queue_);
    grpc_completion_queue_destroy(queue_);
  }
  grpc_completion_queue* get() const { return queue_; }
  bool Wait(void* tag) {
    return grpc_completion_queue_pluck(queue_, tag, gpr_inf_future(GPR_CLOCK_REALTIME), nullptr)
               .success != 0;
  }

 private:
  grpc_completion_queue* const queue_;
};

class ClientChannel final : public GrpcChannel {
 public:
  ClientChannel(grpc_channel* channel, uint64_t max_message_size)
      : channel_(channel), max_message_size_(max_message_size) {}
  ~ClientChannel() override { grpc_channel_destroy(channel_); }

  GrpcStream* Start(const GrpcStart& start, GrpcStreamEvents* events) override {
    auto* stream =
        new ClientStream(NewCall(start, ClientPoller().queue()), max_message_size_, start, events);
    stream->Open();
    return stream;
  }

  void Unary(const GrpcStart& start, GrpcUnaryEvents* events) override {
    thread_local PluckQueue queue;
    grpc_call* call = NewCall(start, queue.get());
    {
      Opening opening(start);
      Ending ending;
      grpc_byte_buffer* response = nullptr;
      grpc_op ops[3] = {ending.InitialOp(), Op(GRPC_OP_RECV_MESSAGE), ending.StatusOp()};
      ops[1].data.recv_message.recv_message = &response;
      int sending, receiving;  // tags
      grpc_call_error error =
          grpc_call_start_batch(call, opening.ops, opening.count, &sending, nullptr);
      GPR_ASSERT(error == GRPC_CALL_OK);
      error = grpc_call_start_batch(call, ops, 3, &receiving, nullptr);
      GPR_ASSERT(error == GRPC_CALL_OK);
      queue.Wait(&receiving);
      const bool sent = queue.Wait(&sending);
      bool good = true;
      if (response != nullptr) {
        InMessage message(response);
        GrpcStatus bad;
        good = message.Open(max_message_size_, &bad);
        if (good) {
          events->OnMessage(message.message());
        } else {
          events->OnEnd(bad, {}, sent);
        }
      }
      if (good) ending.Tell(events, sent);
    }
    grpc_call_unref(call);
  }

 private:
  grpc_call* NewCall(const GrpcStart& start, grpc_completion_queue* queue) {
    const grpc_slice path = Copy(start.path);
    grpc_call* call =
        grpc_channel_create_call(channel_, nullptr, GRPC_PROPAGATE_DEFAULTS, queue, path, nullptr,
                                 DeadlineAfter(start.timeout_ns), nullptr);
    grpc_slice_unref(path);
    return call;
  }

  grpc_channel* const channel_;
  const uint64_t max_message_size_;
};

}  // namespace

std::unique_ptr<GrpcChannel> NewClientChannel(int fd, const std::string& authority,
                                              const std::string& user_agent,
                                              const GrpcLimits& limits) {
  ClientPoller();  // reads for the connection from now on
  ChannelArgs args(limits);
  args.Set(GRPC_ARG_DEFAULT_AUTHORITY, authority);
  args.Set(GRPC_ARG_PRIMARY_USER_AGENT_STRING, user_agent);
  grpc_channel_credentials* credentials = grpc_insecure_credentials_create();
  grpc_channel* channel =
      grpc_channel_create_from_fd(authority.c_str(), fd, credentials, args.get());
  grpc_channel_credentials_release(credentials);
  return std::make_unique<ClientChannel>(channel, limits.max_message_size);
}

}  // namespace polycall::transport
