// What the two ends of a call have in common: batches under way, messages that wait to be written.
#ifndef POLYCALL_TRANSPORT_GRPC_MODULE_STREAM_H_
#define POLYCALL_TRANSPORT_GRPC_MODULE_STREAM_H_

#include <deque>
#include <mutex>

#include "transport/grpc/module/poller.h"
#include "transport/grpc/module/wire.h"

namespace polycall::transport {

// Thread-safe. Ends itself when its holder dropped it and no batch is under way.
class Stream : public GrpcStream {
 public:
  Stream(grpc_call* call, uint64_t max_message_size)
      : call_(call), max_message_size_(max_message_size) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void Read() override;
  void Drop() override { Unref(); }

 protected:
  // A tag that calls a member function, and holds a reference while its batch is under way.
  template <typename T>
  class Batch final : public Tag {
   public:
    Batch(T* stream, void (T::*done)(bool)) : stream_(stream), done_(done) {}
    void Run(bool ok) override {
      (stream_->*done_)(ok);
      stream_->Unref();
    }

   private:
    T* const stream_;
    void (T::*const done_)(bool);
  };

  struct Queued {
    grpc_byte_buffer* buffer;
    size_t size;
    bool more;
    bool end;
  };

  virtual ~Stream();
  void Ref() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  // Starts a batch. A reference goes with it.
  void StartBatch(const grpc_op* ops, size_t count, Tag* tag);
  void StartReadLocked();
  void DropQueueLocked();
  virtual bool MayReadLocked() const { return true; }
  virtual void AfterRead() {}
  // The messages ended without a half-close. Before the events hear of their end.
  virtual void OnCut() {}

  grpc_call* const call_;
  const uint64_t max_message_size_;
  GrpcStreamEvents* events_ = nullptr;  // a reference
  std::mutex mutex_;
  std::deque<Queued> queue_;  // guarded by mutex_
  bool writing_ = false;      // guarded by mutex_: a batch that sends is under way
  bool reading_ = false;      // guarded by mutex_
  bool read_wanted_ = false;  // guarded by mutex_
  bool read_over_ = false;    // guarded by mutex_: no more messages

 private:
  void OnRead(bool ok);

  std::atomic<int> refs_{1};
  grpc_byte_buffer* incoming_ = nullptr;
  Batch<Stream> read_{this, &Stream::OnRead};
};

inline grpc_op Op(grpc_op_type type) {
  grpc_op op = {};
  op.op = type;
  return op;
}

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_GRPC_MODULE_STREAM_H_
