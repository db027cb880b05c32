// SmallGcm: AES-256-GCM (NIST SP 800-38D) for small records, by libsodium.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_SMALL_GCM_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_SMALL_GCM_H_

#include <sodium/crypto_aead_aes256gcm.h>

#include <cstddef>
#include <cstdint>

namespace polycall::transport::tls {

// One key. A small record costs OpenSSL some 30 functions in as many pages of memory, of which none is
// warm when a call has just woken the thread; libsodium takes two. Large records are OpenSSL's, which has
// more registers in use at once. Threads may share it once the key is set.
class SmallGcm {
 public:
  static constexpr size_t kKey = crypto_aead_aes256gcm_KEYBYTES;
  static constexpr size_t kNonce = crypto_aead_aes256gcm_NPUBBYTES;
  static constexpr size_t kTag = crypto_aead_aes256gcm_ABYTES;

  // This processor has the instructions. Without, nothing else here may be called.
  static bool Supported();

  SmallGcm() = default;
  SmallGcm(const SmallGcm&) = delete;
  SmallGcm& operator=(const SmallGcm&) = delete;
  ~SmallGcm();  // wipes the key

  void SetKey(const uint8_t* key);
  // Encrypts `data` where it lies, and says in `tag` what proves it and `aad`. A nonce serves once for
  // each key.
  void Seal(const uint8_t* nonce, const uint8_t* aad, size_t aad_size, uint8_t* data, size_t size,
            uint8_t* tag) const;
  // Decrypts `in` to `out`, which may be the same place. False: it is not what was sealed, and `out` shows
  // nothing of it.
  bool Open(const uint8_t* nonce, const uint8_t* aad, size_t aad_size, const uint8_t* in,
            size_t size, const uint8_t* tag, uint8_t* out) const;

 private:
  crypto_aead_aes256gcm_state state_ = {};
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_SMALL_GCM_H_
