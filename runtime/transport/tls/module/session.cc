#include "transport/tls/module/session.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/syscalls.h"
#include "transport/tls/module/peer_identity.h"
#include "transport/tls/module/ssl_protection.h"

namespace polycall::transport::tls {
namespace {

// What one read of the socket takes, and one write gives it: enough that system calls do not count for
// large messages, little enough to stay in the cache.
constexpr size_t kReadSize = 128 * 1024;
constexpr size_t kWriteSize = 8 * kMaxPlain;
constexpr uint8_t kAlertRecord = 21;
constexpr uint8_t kHandshakeRecord = 22;

// Each thread's: sessions keep only what they must between calls, so that idle ones are small.
struct Scratch {
  std::unique_ptr<uint8_t[]> in = std::make_unique_for_overwrite<uint8_t[]>(kReadSize + kMaxRecord);
  std::vector<uint8_t> out;
};
Scratch& ThreadScratch() {
  static thread_local Scratch scratch;
  return scratch;
}

ssize_t Receive(int fd, void* space, size_t size, bool wait) {
  ssize_t got;
  do {
    got = base::Receive(fd, space, size, wait);
  } while (got < 0 && errno == EINTR && !wait);
  return got;
}

ssize_t Send(int fd, const void* data, size_t size) {
  ssize_t sent;
  do {
    sent = base::Send(fd, data, size);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int SessionIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

}  // namespace

TlsSession::TlsSession(int fd, Owned<SSL> ssl, Ends ends)
    : fd_(fd), ends_(std::move(ends)), ssl_(std::move(ssl)) {
  UsePipe(ssl_.get(), &pipe_);
  SSL_set_ex_data(ssl_.get(), SessionIndex(), this);
}

TlsSession::~TlsSession() {
  OPENSSL_cleanse(client_secret_.data(), client_secret_.size());
  OPENSSL_cleanse(server_secret_.data(), server_secret_.size());
}

TlsSession* TlsSession::Of(const SSL* ssl) {
  return static_cast<TlsSession*>(SSL_get_ex_data(ssl, SessionIndex()));
}

// "SERVER_TRAFFIC_SECRET_0 <client random> <secret>"
void TlsSession::OnSecret(std::string_view line) {
  std::string* secret = line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")   ? &client_secret_
                        : line.starts_with("SERVER_TRAFFIC_SECRET_0 ") ? &server_secret_
                                                                       : nullptr;
  if (secret == nullptr) return;
  secret->clear();
  for (size_t at = line.rfind(' ') + 1; at + 1 < line.size(); at += 2) {
    secret->push_back(static_cast<char>(HexDigit(line[at]) << 4 | HexDigit(line[at + 1])));
  }
}

// ---- the handshake

Step TlsSession::Fail(base::Status why) {
  failure_ = std::move(why);
  return Step::kFailed;
}

bool TlsSession::SendOut() {
  while (out_begin_ < out_.size()) {
    const ssize_t sent = Send(fd_, out_.data() + out_begin_, out_.size() - out_begin_);
    if (sent < 0) return false;
    out_begin_ += static_cast<size_t>(sent);
  }
  out_.clear();
  out_begin_ = 0;
  return true;
}

Step TlsSession::Handshake() {
  if (protection_ != nullptr) return Step::kDone;
  if (!failure_.ok()) return Step::kFailed;
  for (;;) {
    ERR_clear_error();
    pipe_.in = left_.data();
    pipe_.in_size = left_.size();
    pipe_.out = &out_;
    const int result = SSL_do_handshake(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    pipe_.out = nullptr;
    left_.erase(left_.begin(), left_.end() - static_cast<ptrdiff_t>(pipe_.in_size));
    if (result != 1 && error != SSL_ERROR_WANT_READ) {
      Fail(HandshakeFailure(ends_, verification_));
      // The alert, as far as it goes; and nothing unread, or the peer would see a reset instead of it.
      [[maybe_unused]] const bool sent = SendOut();
      std::array<uint8_t, 4096> rest;
      for (int i = 0; i < 64 && Receive(fd_, rest.data(), rest.size(), false) > 0; ++i) {
      }
      return Step::kFailed;
    }
    if (!SendOut()) {
      if (WouldBlock()) return Step::kWrite;
      // What the peer said last tells more than that it is gone.
      if (result == 1) return Fail(Ended(ends_, errno));
    }
    if (result == 1) return Finish() ? Step::kDone : Step::kFailed;
    const size_t had = left_.size();
    left_.resize(had + kMaxRecord);
    const ssize_t got = Receive(fd_, left_.data() + had, kMaxRecord, false);
    left_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && WouldBlock()) return Step::kRead;
    if (got <= 0) return Fail(Ended(ends_, got < 0 ? errno : 0));
    if (std::exchange(first_, false) && left_[0] != kHandshakeRecord && left_[0] != kAlertRecord) {
      return Fail(NotTls(ends_));
    }
  }
}

bool TlsSession::Finish() {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  protocol_.assign(reinterpret_cast<const char*>(name), size);
  version_ = SSL_get_version(ssl_.get());
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK) {
    identity_ = IdentityOf(certificate);
  }
  SSL_set_ex_data(ssl_.get(), SessionIndex(), nullptr);
  if (SSL_version(ssl_.get()) == TLS1_3_VERSION) {
    protection_ = MakeTls13Protection(SSL_get_current_cipher(ssl_.get()),
                                      ends_.server ? client_secret_ : server_secret_,
                                      ends_.server ? server_secret_ : client_secret_);
    ssl_.reset();
  } else {
    protection_ = MakeSslProtection(std::move(ssl_), &pipe_);
  }
  if (protection_ == nullptr) {
    Fail(base::Internal("TLS with " + ends_.peer + " gave no keys for its records"));
    return false;
  }
  // The peer's first record, if it came along whole.
  buffered_ =
      left_.size() >= 5 && left_.size() >= 5 + (static_cast<size_t>(left_[3]) << 8 | left_[4]);
  return true;
}

// ---- reading

ssize_t TlsSession::ReadEnd(Protection::End end) {
  switch (end) {
    case Protection::End::kNone:
      return -1;
    case Protection::End::kClosed:
      end_ = 0;
      break;
    case Protection::End::kAlert:
      failure_ = AlertFailure(ends_, protection_->alert());
      end_ = EPROTO;
      break;
    case Protection::End::kBroken:
      failure_ = base::Unavailable("what comes from " + ends_.peer +
                                   " is not what it sent: a broken or forged TLS record");
      end_ = EPROTO;
      break;
  }
  buffered_ = true;  // the next read tells
  return end_ == 0 ? 0 : -1;
}

ssize_t TlsSession::Read(void* space, size_t size, bool wait) {
  if (end_ >= 0) {
    buffered_ = false;
    errno = end_;
    return end_ == 0 ? 0 : -1;
  }
  uint8_t* in = ThreadScratch().in.get();
  size_t in_size = left_.size();
  if (in_size > 0) {
    memcpy(in, left_.data(), in_size);
    left_.clear();
  }
  auto* out = static_cast<uint8_t*>(space);
  size_t produced = 0;
  bool look = in_size > 0 || protection_->HasBuffered();
  bool more = true;  // the socket may hold more
  for (;;) {
    if (look) {
      const Protection::Opened opened =
          protection_->Open(in, in_size, out + produced, size - produced);
      produced += opened.produced;
      in_size -= opened.consumed;
      if (in_size > 0 && opened.consumed > 0) memmove(in, in + opened.consumed, in_size);
      if (opened.end != Protection::End::kNone) {
        const ssize_t result = ReadEnd(opened.end);
        if (produced > 0) return static_cast<ssize_t>(produced);
        buffered_ = false;
        errno = end_;
        return result;
      }
    }
    if (produced == size || (produced > 0 && !more)) break;
    if (in_size > kReadSize) break;  // no record is so long
    const size_t room = kReadSize + kMaxRecord - in_size;
    const ssize_t got = Receive(fd_, in + in_size, room, wait && produced == 0);
    if (got <= 0) {
      if (produced > 0) break;  // told again next time
      const int error = errno;
      if (in_size > 0) left_.assign(in, in + in_size);
      buffered_ = false;
      errno = error;
      return got;
    }
    more = static_cast<size_t>(got) == room;
    in_size += static_cast<size_t>(got);
    look = true;
  }
  if (in_size > 0) left_.assign(in, in + in_size);
  // Only a read that was filled can have left what could be opened.
  buffered_.store(produced == size && (in_size > 0 || protection_->HasBuffered()),
                  std::memory_order_relaxed);
  return static_cast<ssize_t>(produced);
}

// ---- writing

ssize_t TlsSession::Write(const iovec* pieces, int count) {
  Pieces left(pieces, count);
  size_t done = 0;
  if (out_begin_ < out_.size() || held_ > 0) {
    if (!SendOut()) return -1;
    done = std::min(held_, left.left());
    held_ -= done;
    for (size_t skip = done; skip > 0;) skip -= left.Take(skip).iov_len;
  }
  std::vector<uint8_t>& out = ThreadScratch().out;
  while (left.left() > 0) {
    out.clear();
    const size_t before = left.left();
    while (left.left() > 0 && before - left.left() < kWriteSize) {
      if (!protection_->Seal(&left, &out)) {
        errno = EPROTO;
        return -1;
      }
    }
    const size_t batch = before - left.left();
    size_t sent = 0;
    while (sent < out.size()) {
      const ssize_t now = Send(fd_, out.data() + sent, out.size() - sent);
      if (now < 0) break;
      sent += static_cast<size_t>(now);
    }
    if (sent < out.size()) {
      if (!WouldBlock()) return -1;
      out_.assign(out.begin() + static_cast<ptrdiff_t>(sent), out.end());
      held_ = batch;
      errno = EAGAIN;
      return done > 0 ? static_cast<ssize_t>(done) : -1;
    }
    done += batch;
  }
  return static_cast<ssize_t>(done);
}

void TlsSession::Goodbye() {
  if (protection_ == nullptr || out_begin_ < out_.size()) return;
  std::vector<uint8_t> out;
  protection_->SealGoodbye(&out);
  [[maybe_unused]] const ssize_t sent = Send(fd_, out.data(), out.size());
}

}  // namespace polycall::transport::tls
