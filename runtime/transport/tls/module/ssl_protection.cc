#include "transport/tls/module/ssl_protection.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

namespace polycall::transport::tls {
namespace {

// An SSL object is for one thread at a time: reader and writer take turns, in memory alone.
class SslProtection final : public Protection {
 public:
  SslProtection(Owned<SSL> ssl, Pipe* pipe) : pipe_(pipe), ssl_(std::move(ssl)) {}

  Opened Open(uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) override {
    Opened result;
    const std::lock_guard lock(mutex_);
    pipe_->in = in;
    pipe_->in_size = in_size;
    while (result.produced < out_size) {
      ERR_clear_error();
      const int most = static_cast<int>(std::min<size_t>(out_size - result.produced, 1u << 30));
      const int got = SSL_read(ssl_.get(), out + result.produced, most);
      if (got > 0) {
        result.produced += static_cast<size_t>(got);
        continue;
      }
      const int error = SSL_get_error(ssl_.get(), got);
      if (error == SSL_ERROR_ZERO_RETURN) {
        result.end = End::kClosed;
      } else if (error != SSL_ERROR_WANT_READ) {
        const int reason = ERR_GET_REASON(ERR_peek_last_error());
        alert_ = reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
        result.end = alert_ > 0 && alert_ < 256 ? End::kAlert : End::kBroken;
      }
      break;
    }
    result.consumed = in_size - pipe_->in_size;
    buffered_ = SSL_pending(ssl_.get()) > 0;
    return result;
  }
  bool HasBuffered() const override { return buffered_; }

  bool Seal(Pieces* pieces, std::vector<uint8_t>* out) override {
    std::array<uint8_t, kMaxPlain> record;
    size_t size = 0;
    while (pieces->left() > 0 && size < record.size()) {
      const iovec piece = pieces->Take(record.size() - size);
      memcpy(record.data() + size, piece.iov_base, piece.iov_len);
      size += piece.iov_len;
    }
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    pipe_->out = out;
    const int written = SSL_write(ssl_.get(), record.data(), static_cast<int>(size));
    pipe_->out = nullptr;
    return written == static_cast<int>(size);
  }
  void SealGoodbye(std::vector<uint8_t>* out) override {
    const std::lock_guard lock(mutex_);
    ERR_clear_error();
    pipe_->out = out;
    SSL_shutdown(ssl_.get());
    pipe_->out = nullptr;
  }
  int alert() const override { return alert_; }

 private:
  std::mutex mutex_;
  Pipe* const pipe_;
  const Owned<SSL> ssl_;
  std::atomic<bool> buffered_{false};
  int alert_ = 0;
};

}  // namespace

std::unique_ptr<Protection> MakeSslProtection(Owned<SSL> ssl, Pipe* pipe) {
  return std::make_unique<SslProtection>(std::move(ssl), pipe);
}

}  // namespace polycall::transport::tls
