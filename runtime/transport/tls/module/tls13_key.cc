#include "transport/tls/module/tls13_key.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <cstring>
#include <utility>

namespace polycall::transport::tls {

const Suite* SuiteOf(const SSL_CIPHER* cipher) {
  static constexpr Suite kAes128 = {EVP_aes_128_gcm, "SHA256", 16, false};
  static constexpr Suite kAes256 = {EVP_aes_256_gcm, "SHA384", 32, true};
  static constexpr Suite kChaCha = {EVP_chacha20_poly1305, "SHA256", 32, false};
  switch (SSL_CIPHER_get_protocol_id(cipher)) {
    case 0x1301:
      return &kAes128;
    case 0x1302:
      return &kAes256;
    case 0x1303:
      return &kChaCha;
    default:
      return nullptr;
  }
}

namespace {

// HKDF-Expand-Label(secret, label, "", size).
bool Expand(const Suite& suite, const std::string& secret, const char* label, void* out,
            size_t size) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "TLS13-KDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  EVP_KDF_free(kdf);
  const auto octets = [](const char* key, const void* data, size_t bytes) {
    return OSSL_PARAM_construct_octet_string(key, const_cast<void*>(data), bytes);
  };
  const auto text = [](const char* key, const char* value) {
    return OSSL_PARAM_construct_utf8_string(key, const_cast<char*>(value), 0);
  };
  const OSSL_PARAM parameters[] = {text(OSSL_KDF_PARAM_MODE, "EXPAND_ONLY"),
                                   text(OSSL_KDF_PARAM_DIGEST, suite.digest),
                                   octets(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
                                   octets(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
                                   octets(OSSL_KDF_PARAM_LABEL, label, strlen(label)),
                                   OSSL_PARAM_construct_end()};
  const bool ok = context != nullptr &&
                  EVP_KDF_derive(context, static_cast<unsigned char*>(out), size, parameters) == 1;
  EVP_KDF_CTX_free(context);
  return ok;
}

}  // namespace

Tls13Key::Tls13Key(const Suite& suite, bool sealing)
    : suite_(suite),
      sealing_(sealing),
      has_small_(suite.small && SmallGcm::Supported()),
      context_(EVP_CIPHER_CTX_new()) {}

Tls13Key::~Tls13Key() { OPENSSL_cleanse(secret_.data(), secret_.size()); }

bool Tls13Key::Set(std::string secret) {
  std::array<uint8_t, 32> key;
  secret_ = std::move(secret);
  sequence_ = 0;
  const bool ok = Expand(suite_, secret_, "key", key.data(), suite_.key_size) &&
                  Expand(suite_, secret_, "iv", iv_.data(), iv_.size()) &&
                  EVP_CipherInit_ex(context_.get(), suite_.cipher(), nullptr, key.data(), nullptr,
                                    sealing_ ? 1 : 0) == 1;
  if (has_small_) small_.SetKey(key.data());
  OPENSSL_cleanse(key.data(), key.size());
  return ok;
}

bool Tls13Key::Update() {
  std::string next(secret_.size(), '\0');
  return Expand(suite_, secret_, "traffic upd", next.data(), next.size()) && Set(std::move(next));
}

Tls13Key::Nonce Tls13Key::NextNonce() {
  Nonce nonce = iv_;
  for (size_t i = 0; i < 8; ++i) {
    nonce[kIv - 1 - i] ^= static_cast<uint8_t>(sequence_ >> (8 * i));
  }
  ++sequence_;
  return nonce;
}

bool Tls13Key::Begin(const Nonce& nonce, const uint8_t* header) {
  int size = 0;
  return EVP_CipherInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data(), -1) == 1 &&
         EVP_CipherUpdate(context_.get(), nullptr, &size, header, kHeader) == 1;
}

bool Tls13Key::Open(const uint8_t* header, const uint8_t* body, size_t size, uint8_t* out) {
  const Nonce nonce = NextNonce();
  const uint8_t* tag = body + size;
  if (TakesSmall(size)) {
    return small_.Open(nonce.data(), header, kHeader, body, size, tag, out);
  }
  int opened = 0;
  int rest = 0;
  return Begin(nonce, header) &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTag,
                             const_cast<uint8_t*>(tag)) == 1 &&
         EVP_CipherUpdate(context_.get(), out, &opened, body, static_cast<int>(size)) == 1 &&
         EVP_CipherFinal_ex(context_.get(), out + opened, &rest) == 1;
}

bool Tls13Key::Seal(const uint8_t* header, uint8_t type, size_t content, Pieces* pieces,
                    uint8_t* to) {
  const Nonce nonce = NextNonce();
  const bool small = TakesSmall(content + 1);
  if (!small && !Begin(nonce, header)) return false;
  uint8_t* at = to;
  int sealed = 0;
  for (size_t left = content; left > 0;) {
    const iovec piece = pieces->Take(left);
    if (small) {
      memcpy(at, piece.iov_base, piece.iov_len);
    } else if (EVP_CipherUpdate(context_.get(), at, &sealed,
                                static_cast<const unsigned char*>(piece.iov_base),
                                static_cast<int>(piece.iov_len)) != 1) {
      return false;
    }
    at += piece.iov_len;
    left -= piece.iov_len;
  }
  if (small) {
    *at++ = type;
    small_.Seal(nonce.data(), header, kHeader, to, content + 1, at);
    return true;
  }
  if (EVP_CipherUpdate(context_.get(), at, &sealed, &type, 1) != 1) return false;
  ++at;
  return EVP_CipherFinal_ex(context_.get(), at, &sealed) == 1 &&
         EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTag, at) == 1;
}

}  // namespace polycall::transport::tls
