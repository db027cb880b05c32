#include "transport/tls/module/small_gcm.h"

#include <sodium/core.h>
#include <sodium/utils.h>

namespace polycall::transport::tls {

bool SmallGcm::Supported() {
  static const bool supported = sodium_init() >= 0 && crypto_aead_aes256gcm_is_available() == 1;
  return supported;
}

SmallGcm::~SmallGcm() { sodium_memzero(&state_, sizeof(state_)); }

void SmallGcm::SetKey(const uint8_t* key) { crypto_aead_aes256gcm_beforenm(&state_, key); }

void SmallGcm::Seal(const uint8_t* nonce, const uint8_t* aad, size_t aad_size, uint8_t* data,
                    size_t size, uint8_t* tag) const {
  crypto_aead_aes256gcm_encrypt_detached_afternm(data, tag, nullptr, data, size, aad, aad_size,
                                                 nullptr, nonce, &state_);
}

bool SmallGcm::Open(const uint8_t* nonce, const uint8_t* aad, size_t aad_size, const uint8_t* in,
                    size_t size, const uint8_t* tag, uint8_t* out) const {
  return crypto_aead_aes256gcm_decrypt_detached_afternm(out, nullptr, in, size, tag, aad, aad_size,
                                                        nonce, &state_) == 0;
}

}  // namespace polycall::transport::tls
