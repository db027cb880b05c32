// Tls13Key: one direction's key of TLS 1.3's record protection, RFC 8446 sections 5.2, 5.3 and 7.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_TLS13_KEY_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_TLS13_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "transport/tls/module/openssl.h"
#include "transport/tls/module/protection.h"
#include "transport/tls/module/small_gcm.h"

namespace polycall::transport::tls {

// What a cipher suite is made of.
struct Suite {
  const EVP_CIPHER* (*cipher)();
  const char* digest;
  size_t key_size;
  bool small;  // SmallGcm has it too
};
// NULL: none of ours.
const Suite* SuiteOf(const SSL_CIPHER* cipher);

// The key, and how many records it has protected. One thread at a time.
class Tls13Key {
 public:
  static constexpr size_t kHeader = 5;
  static constexpr size_t kTag = 16;

  Tls13Key(const Suite& suite, bool sealing);
  ~Tls13Key();

  // Begins with this traffic secret.
  bool Set(std::string secret);
  // The next generation (RFC 8446, 7.2).
  bool Update();
  uint64_t sequence() const { return sequence_; }

  // Opens a record of `size` bytes, the tag behind them, from `body` to `out`, which may be the same place.
  bool Open(const uint8_t* header, const uint8_t* body, size_t size, uint8_t* out);
  // Seals `content` bytes of `pieces` and their `type` to `to`, the tag behind them.
  bool Seal(const uint8_t* header, uint8_t type, size_t content, Pieces* pieces, uint8_t* to);

 private:
  static constexpr size_t kIv = 12;
  // Up to here (content and type) a record is SmallGcm's, if that has the cipher.
  static constexpr size_t kSmall = 2048;
  using Nonce = std::array<uint8_t, kIv>;

  bool TakesSmall(size_t size) const { return has_small_ && size <= kSmall; }
  Nonce NextNonce();
  // OpenSSL's part of a record with this header.
  bool Begin(const Nonce& nonce, const uint8_t* header);

  const Suite& suite_;
  const bool sealing_;
  const bool has_small_;
  SmallGcm small_;
  const Owned<EVP_CIPHER_CTX> context_;
  std::string secret_;
  Nonce iv_ = {};
  uint64_t sequence_ = 0;
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_TLS13_KEY_H_
