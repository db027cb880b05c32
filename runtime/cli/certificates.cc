#include "certificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace polycall::cli {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

[[noreturn]] void Fail(const std::string& what) {
  const unsigned long error = ERR_peek_last_error();
  const char* text = error != 0 ? ERR_reason_error_string(error) : nullptr;
  ERR_clear_error();
  throw std::runtime_error("cannot " + what + (text != nullptr ? std::string(": ") + text : ""));
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

Owned<BIO> Reader(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
    Fail("make a certificate with \"" + value + "\"");
  }
}

// "DNS:a, IP:b" in the words of OpenSSL's configuration, where a comma ends a name.
std::string AlternativeNames(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    if (name.find_first_of(",\n") != std::string::npos) Fail("use the name \"" + name + "\"");
    const bool email = name.rfind("EMAIL:", 0) == 0;
    all += (all.empty() ? "" : ",") + (email ? "email:" + name.substr(6) : name);
  }
  return all;
}

void SetSerial(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) Fail("get random bytes");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);  // positive, never short
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

}  // namespace

Certificate MakeCertificate(const CertificateRequest& request, const Certificate* issuer) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const Owned<X509> made(X509_new());
  if (key == nullptr || made == nullptr) Fail("make a key");
  Owned<X509> authority;
  Owned<EVP_PKEY> authority_key;
  if (issuer != nullptr) {
    authority.reset(
        PEM_read_bio_X509(Reader(issuer->certificate).get(), nullptr, nullptr, nullptr));
    authority_key.reset(
        PEM_read_bio_PrivateKey(Reader(issuer->key).get(), nullptr, nullptr, nullptr));
    if (authority == nullptr || authority_key == nullptr) Fail("read the authority's files");
  }
  X509* signer = authority != nullptr ? authority.get() : made.get();

  X509_set_version(made.get(), X509_VERSION_3);
  SetSerial(made.get());
  X509_gmtime_adj(X509_getm_notBefore(made.get()), request.begins_s);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), request.ends_s);
  X509_NAME* subject = X509_get_subject_name(made.get());
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(request.common_name.data()),
                                 static_cast<int>(request.common_name.size()), -1, 0) != 1 ||
      X509_set_issuer_name(made.get(), X509_get_subject_name(signer)) != 1 ||
      X509_set_pubkey(made.get(), key.get()) != 1) {
    Fail("make a certificate for \"" + request.common_name + "\"");
  }
  AddExtension(made.get(), signer, NID_subject_key_identifier, "hash");
  AddExtension(made.get(), signer, NID_authority_key_identifier, "keyid:always");
  if (request.authority) {
    AddExtension(made.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
    AddExtension(made.get(), signer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    AddExtension(made.get(), signer, NID_basic_constraints, "critical,CA:FALSE");
    AddExtension(made.get(), signer, NID_key_usage, "critical,digitalSignature");
    const std::string usage = std::string(request.server ? "serverAuth" : "") +
                              (request.server && request.client ? "," : "") +
                              (request.client ? "clientAuth" : "");
    AddExtension(made.get(), signer, NID_ext_key_usage, usage);
  }
  if (!request.names.empty()) {
    AddExtension(made.get(), signer, NID_subject_alt_name, AlternativeNames(request.names));
  }
  if (X509_sign(made.get(), authority_key != nullptr ? authority_key.get() : key.get(),
                EVP_sha256()) == 0) {
    Fail("sign a certificate");
  }
  const Owned<BIO> certificate_text(BIO_new(BIO_s_mem()));
  const Owned<BIO> key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), made.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    Fail("write a certificate");
  }
  return {Text(certificate_text.get()), Text(key_text.get())};
}

}  // namespace polycall::cli
