// The handshake of a ServerConnection: the peer's protocol by its first bytes, HELLO and ACCEPT, the move
// to shared memory.
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "transport/stream/server_connection.h"

namespace polycall::transport {

using call::FrameHeader;
using call::FrameType;

bool ServerConnection::KnowPeer() {
  if (closed_) return false;
  char first[kFirstBytes];
  ssize_t got;
  do {
    // Left in the socket: who takes a connection over may want it as if nobody had touched it.
    got = stream_->Peek(first, sizeof(first));
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  const Protocol protocol =
      got > 0 ? ProtocolOf({first, static_cast<size_t>(got)}) : Protocol::kNative;
  switch (protocol) {
    case Protocol::kNative:
    case Protocol::kUnknown:  // is read, and refused as no preface
      state_ = State::kPreface;
      return true;
    case Protocol::kMore: {
      // What is there stays there: without the edge it would wake us for ever.
      base::MutexLock lock(mutex_);
      if (interest_ != (EPOLLIN | EPOLLET) && !closed_) {
        interest_ = EPOLLIN | EPOLLET;
        stream_->Watch(acceptor_->reactor(), this, interest_);
      }
      return false;
    }
    case Protocol::kHttp1:
    case Protocol::kHttp2:
    case Protocol::kTls:
      HandOverTo(protocol);
      return false;
  }
  return false;
}

void ServerConnection::HandOverTo(Protocol protocol) {
  Handover connection;
  {
    base::MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    connection.stream = std::move(stream_);
  }
  connection.deadline = handshake_timer_.when;
  base::Reactor& reactor = acceptor_->reactor();
  if (reactor.Cancel(&handshake_timer_)) Release();
  connection.stream->Unregister(reactor, this);  // drops the reactor's reference, later
  writer_.Break();
  connection.peer = std::move(peer_);
  connection.acceptor = acceptor_;
  connection.home = home_;
  base::UserScope scope;  // it may take long, and touches nothing of ours
  HandOver(protocol, std::move(connection));
  home_->Forget(this);
}

bool ServerConnection::DispatchHandshake(const FrameHeader& header, std::string_view body) {
  if (state_ == State::kShm) {
    if (header.type != FrameType::kShm) {
      ProtocolError("the answer to the offer of shared memory is missing");
      return false;
    }
    if (header.argument != 0) return MoveToShm();
    upgrade_ = nullptr;
    if (!acceptor_->Allows(peer_.transport)) {
      ProtocolError("shared memory was declined, and the server allows nothing else");
      return false;
    }
    BeOpen();
    return true;
  }
  if (header.type != FrameType::kHello) {
    ProtocolError("a connection begins with HELLO");
    return false;
  }
  // shm begins on a unix connection.
  const bool allowed = acceptor_->Allows(peer_.transport) ||
                       (std::string_view(peer_.transport) == "unix" && acceptor_->Allows("shm"));
  if (!allowed) {
    Refuse(base::FailedPrecondition("the server's option transports does not allow \"" +
                                    std::string(peer_.transport) + "\""));
    return false;
  }
  std::string accept;
  base::Status status = acceptor_->Handshake(body, peer_, &agreed_, &accept);
  if (!status.ok()) {
    Refuse(status);
    return false;
  }
  const bool is_unix = std::string_view(peer_.transport) == "unix";
  if (agreed_.shm && is_unix) upgrade_ = shm::Upgrade::Offer(stream_->fd());
  if (upgrade_ == nullptr && !acceptor_->Allows(peer_.transport)) {
    Refuse(base::FailedPrecondition(
        "the server's option transports allows only shared memory, which this caller cannot use"));
    return false;
  }
  reader_.set_max_body(agreed_.receive.max_message_size + 2 * agreed_.receive.max_metadata_size +
                       64 * 1024);
  {
    base::MutexLock lock(mutex_);
    send_credit_ = agreed_.send_connection_window;
    receive_credit_ = agreed_.receive.connection_window;
  }
  FrameHeader answer;
  answer.type = FrameType::kAccept;
  AfterWrite(writer_.Write(answer, accept, nullptr, false));
  if (upgrade_ != nullptr) {
    state_ = State::kShm;
  } else {
    BeOpen();
  }
  return true;
}

void ServerConnection::BeOpen() {
  if (acceptor_->reactor().Cancel(&handshake_timer_)) Release();
  state_ = State::kOpen;
  if (stream_->edges()) {
    base::MutexLock lock(mutex_);
    idle_interest_ = EPOLLIN | EPOLLRDHUP | EPOLLET;  // from the end of this round on
  }
  accepted_.store(true);
  if (acceptor_->draining()) Drain();
}

bool ServerConnection::MoveToShm() {
  if (reader_.HasBytes()) {
    ProtocolError("bytes behind the answer to the offer of shared memory");
    return false;
  }
  FrameHeader last;
  last.type = FrameType::kShm;
  last.argument = 1;
  if (writer_.Write(last, {}, nullptr, false) != FrameWriter::Result::kOk) {
    Close(base::Unavailable("the caller does not read in the handshake"));
    return false;
  }
  {
    base::MutexLock lock(mutex_);
    if (closed_) return false;
    stream_ = std::exchange(upgrade_, nullptr)->Finish(std::move(stream_));
    writer_.set_stream(stream_.get());
    reader_.set_lender(stream_.get());
    transport_.store("shm");
    stream_->Register(acceptor_->reactor(), this, interest_);
  }
  BeOpen();
  return true;
}

}  // namespace polycall::transport
