// Protection: bytes into TLS records and back, once the handshake is over.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_PROTECTION_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_PROTECTION_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "transport/tls/module/openssl.h"

namespace polycall::transport::tls {

inline constexpr size_t kMaxPlain = 16 * 1024;  // in one record
inline constexpr size_t kMaxRecord = 5 + kMaxPlain + 256;

// Plain bytes in pieces, taken from the front.
class Pieces {
 public:
  Pieces(const iovec* pieces, int count);
  size_t left() const { return left_; }
  // The next contiguous bytes, at most `most`.
  iovec Take(size_t most);

 private:
  const iovec* at_;
  size_t offset_ = 0;
  size_t left_ = 0;
};

// One thread at a time opens, one seals, both at once.
class Protection {
 public:
  enum class End : uint8_t { kNone, kClosed, kAlert, kBroken };
  struct Opened {
    size_t consumed = 0;  // of the records
    size_t produced = 0;  // plain bytes
    End end = End::kNone;
  };

  virtual ~Protection() = default;
  // Opens the complete records at the front of `in`, which it may change, as far as they fit. Consumes no
  // part of an incomplete one, or keeps it.
  virtual Opened Open(uint8_t* in, size_t in_size, uint8_t* out, size_t out_size) = 0;
  // Plain bytes are left of a record that did not fit.
  virtual bool HasBuffered() const = 0;
  // Seals at most one record's worth of `pieces`, behind `out`. False: it cannot.
  virtual bool Seal(Pieces* pieces, std::vector<uint8_t>* out) = 0;
  // The record that says that nothing follows, behind `out`.
  virtual void SealGoodbye(std::vector<uint8_t>* out) = 0;
  // What kAlert met: the alert's number.
  virtual int alert() const = 0;
};

// TLS 1.3 (RFC 8446, section 5) over OpenSSL's ciphers. OpenSSL's own path costs a small message twice as
// much, copies large ones, and lets one thread at a time read or write. NULL: not with this cipher.
std::unique_ptr<Protection> MakeTls13Protection(const SSL_CIPHER* cipher,
                                                const std::string& read_secret,
                                                const std::string& write_secret);

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_PROTECTION_H_
