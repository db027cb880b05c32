#include "transport/tls/module/peer_identity.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>

#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace polycall::transport::tls {
namespace {

std::string Take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

// Untrusted bytes: what has a control character in it (a NUL, "calc.example\0.evil") is no name.
bool Printable(const ASN1_STRING* text) {
  const unsigned char* data = ASN1_STRING_get0_data(text);
  for (int i = 0; i < ASN1_STRING_length(text); ++i) {
    if (data[i] < 0x20 || data[i] == 0x7F) return false;
  }
  return ASN1_STRING_length(text) > 0;
}

std::string Text(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

}  // namespace

std::string SubjectOf(const X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  // UTF-8 stays as it is; special characters are escaped.
  const unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, flags);
  return Take(bio.get());
}

std::vector<std::string> NamesOf(X509* certificate) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &type);
    const auto* text = static_cast<const ASN1_STRING*>(value);
    if (type == GEN_IPADD) {
      char address[INET6_ADDRSTRLEN];
      const int size = ASN1_STRING_length(text);
      if ((size == 4 || size == 16) &&
          inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(text), address,
                    sizeof(address)) != nullptr) {
        names.push_back(std::string("IP:") + address);
      }
      continue;
    }
    const char* kind = type == GEN_DNS     ? "DNS:"
                       : type == GEN_URI   ? "URI:"
                       : type == GEN_EMAIL ? "EMAIL:"
                                           : nullptr;
    if (kind != nullptr && Printable(text)) names.push_back(kind + Text(text));
  }
  return names;
}

std::shared_ptr<const call::Identity> IdentityOf(X509* certificate) {
  return std::make_shared<const call::Identity>(SubjectOf(certificate), NamesOf(certificate));
}

std::string TimeText(const ASN1_TIME* time) {
  tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
  char text[32];
  strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text;
}

}  // namespace polycall::transport::tls
