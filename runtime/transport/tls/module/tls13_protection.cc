// TLS 1.3's record protection, RFC 8446 sections 5 and 4.6.3: the keys come out of OpenSSL's handshake, the
// framing is here.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "transport/tls/module/protection.h"
#include "transport/tls/module/tls13_key.h"

namespace polycall::transport::tls {

Pieces::Pieces(const iovec* pieces, int count) : at_(pieces) {
  for (int i = 0; i < count; ++i) left_ += pieces[i].iov_len;
}

iovec Pieces::Take(size_t most) {
  while (left_ > 0 && offset_ == at_->iov_len) {
    ++at_;
    offset_ = 0;
  }
  const size_t size = left_ > 0 ? std::min(most, at_->iov_len - offset_) : 0;
  const iovec taken = {static_cast<uint8_t*>(at_->iov_base) + offset_, size};
  offset_ += size;
  left_ -= size;
  return taken;
}

namespace {

constexpr size_t kHeader = Tls13Key::kHeader;
constexpr size_t kTag = Tls13Key::kTag;
// Far below what the weakest of the ciphers allows for one key (2^24.5 full records).
constexpr uint64_t kRecordsPerKey = 1u << 23;
constexpr size_t kMaxHandshake = 64 * 1024;  // a ticket, with room

enum ContentType : uint8_t { kAlertType = 21, kHandshakeType = 22, kDataType = 23 };
enum HandshakeType : uint8_t { kNewSessionTicket = 4, kKeyUpdate = 24 };

class Tls13Protection final : public Protection {
 public:
  explicit Tls13Protection(const Suite& suite) : reading_(suite, false), writing_(suite, true) {}
  bool Init(const std::string& read_secret, const std::string& write_secret) {
    return reading_.Set(read_secret) && writing_.Set(write_secret);
  }

  Opened Open(uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) override;
  bool HasBuffered() const override { return plain_begin_ < plain_.size(); }
  bool Seal(Pieces* pieces, std::vector<uint8_t>* out) override;
  void SealGoodbye(std::vector<uint8_t>* out) override {
    static constexpr uint8_t kCloseNotify[2] = {1, 0};
    const iovec piece = {const_cast<uint8_t*>(kCloseNotify), sizeof(kCloseNotify)};
    Pieces pieces(&piece, 1);
    SealRecord(kAlertType, &pieces, out);
  }
  int alert() const override { return alert_; }

 private:
  End OnControl(uint8_t type, const uint8_t* data, size_t size);
  End OnHandshake();
  bool SealRecord(uint8_t type, Pieces* pieces, std::vector<uint8_t>* out);

  // The reader's.
  Tls13Key reading_;
  std::vector<uint8_t> plain_;  // of a record that did not fit
  size_t plain_begin_ = 0;
  std::vector<uint8_t> handshake_;  // a message that is there in part
  int empty_records_ = 0;
  int alert_ = 0;
  // The writer's.
  Tls13Key writing_;

  std::atomic<bool> update_asked_{false};  // the peer wants new keys of us too
};

Protection::Opened Tls13Protection::Open(uint8_t* in, size_t in_size, uint8_t* out,
                                         size_t out_size) {
  Opened result;
  if (HasBuffered()) {
    const size_t part = std::min(out_size, plain_.size() - plain_begin_);
    memcpy(out, plain_.data() + plain_begin_, part);
    plain_begin_ += part;
    result.produced = part;
    if (HasBuffered()) return result;
    plain_.clear();
    plain_begin_ = 0;
  }
  while (result.produced < out_size && in_size - result.consumed >= kHeader) {
    uint8_t* record = in + result.consumed;
    const size_t size = static_cast<size_t>(record[3]) << 8 | record[4];
    // What is not protected has no place behind the handshake.
    if (record[0] != kDataType || record[1] != 3 || size < kTag + 1 ||
        size > kMaxPlain + kTag + 1 + 255) {
      result.end = End::kBroken;
      return result;
    }
    if (in_size - result.consumed < kHeader + size) break;
    uint8_t* body = record + kHeader;
    const size_t inner = size - kTag;
    const size_t room = out_size - result.produced;
    const bool fits = inner <= room;
    uint8_t* to = fits ? out + result.produced : body;
    if (!reading_.Open(record, body, inner, to)) {
      result.end = End::kBroken;
      return result;
    }
    result.consumed += kHeader + size;
    // Content, its type, zeros as padding.
    size_t content = inner;
    while (content > 0 && to[content - 1] == 0) --content;
    if (content == 0 || --content > kMaxPlain) {
      result.end = End::kBroken;
      return result;
    }
    const uint8_t type = to[content];
    if (type != kDataType) {
      result.end = OnControl(type, to, content);
      if (result.end != End::kNone) return result;
      continue;
    }
    // A peer that sends nothing but empty records costs work for ever.
    if (content > 0) {
      empty_records_ = 0;
    } else if (++empty_records_ > 32) {
      result.end = End::kBroken;
      return result;
    }
    const size_t part = std::min(content, room);
    if (!fits) {
      memcpy(out + result.produced, to, part);
      plain_.assign(to + part, to + content);
      plain_begin_ = 0;
    }
    result.produced += part;
  }
  return result;
}

Protection::End Tls13Protection::OnControl(uint8_t type, const uint8_t* data, size_t size) {
  if (type == kAlertType) {
    if (size != 2) return End::kBroken;
    alert_ = data[1];
    return alert_ == SSL_AD_CLOSE_NOTIFY || alert_ == SSL_AD_USER_CANCELLED ? End::kClosed
                                                                            : End::kAlert;
  }
  if (type != kHandshakeType || size == 0) return End::kBroken;
  if (++empty_records_ > 32) return End::kBroken;  // as above: data has to come now and then
  handshake_.insert(handshake_.end(), data, data + size);
  return OnHandshake();
}

Protection::End Tls13Protection::OnHandshake() {
  while (handshake_.size() >= 4) {
    const size_t size = static_cast<size_t>(handshake_[1]) << 16 |
                        static_cast<size_t>(handshake_[2]) << 8 | handshake_[3];
    if (size > kMaxHandshake) return End::kBroken;
    if (handshake_.size() < 4 + size) return End::kNone;
    const uint8_t type = handshake_[0];
    const uint8_t first = size > 0 ? handshake_[4] : 0;
    const bool last = handshake_.size() == 4 + size;
    handshake_.erase(handshake_.begin(), handshake_.begin() + static_cast<ptrdiff_t>(4 + size));
    if (type == kKeyUpdate) {
      // It ends its record: what follows is under the new key.
      if (size != 1 || first > 1 || !last || !reading_.Update()) return End::kBroken;
      if (first == 1) update_asked_ = true;
    } else if (type != kNewSessionTicket) {  // sessions are not resumed
      return End::kBroken;
    }
  }
  return End::kNone;
}

bool Tls13Protection::Seal(Pieces* pieces, std::vector<uint8_t>* out) {
  if (update_asked_.load(std::memory_order_relaxed) || writing_.sequence() >= kRecordsPerKey) {
    update_asked_ = false;
    static constexpr uint8_t kUpdate[5] = {kKeyUpdate, 0, 0, 1, 0};
    const iovec piece = {const_cast<uint8_t*>(kUpdate), sizeof(kUpdate)};
    Pieces update(&piece, 1);
    if (!SealRecord(kHandshakeType, &update, out) || !writing_.Update()) return false;
  }
  return SealRecord(kDataType, pieces, out);
}

bool Tls13Protection::SealRecord(uint8_t type, Pieces* pieces, std::vector<uint8_t>* out) {
  const size_t content = std::min(kMaxPlain, pieces->left());
  const size_t size = content + 1 + kTag;
  const size_t begin = out->size();
  out->resize(begin + kHeader + size);
  uint8_t* at = out->data() + begin;
  at[0] = kDataType;
  at[1] = at[2] = 3;
  at[3] = static_cast<uint8_t>(size >> 8);
  at[4] = static_cast<uint8_t>(size);
  return writing_.Seal(at, type, content, pieces, at + kHeader);
}

}  // namespace

std::unique_ptr<Protection> MakeTls13Protection(const SSL_CIPHER* cipher,
                                                const std::string& read_secret,
                                                const std::string& write_secret) {
  const Suite* suite = cipher != nullptr ? SuiteOf(cipher) : nullptr;
  if (suite == nullptr || read_secret.empty() || write_secret.empty()) return nullptr;
  auto made = std::make_unique<Tls13Protection>(*suite);
  if (!made->Init(read_secret, write_secret)) return nullptr;
  return made;
}

}  // namespace polycall::transport::tls
