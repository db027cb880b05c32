#include "transport/tls/module/failures.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "transport/tls/module/peer_identity.h"

namespace polycall::transport::tls {
namespace {

base::Status Unauthenticated(const std::string& text) { return {POLYCALL_UNAUTHENTICATED, text}; }

// A server cannot be reached as named; a client has not shown who it is.
base::Status Untrusted(const Ends& ends, const std::string& text) {
  return ends.server ? Unauthenticated(text) : base::Unavailable(text);
}

base::Status VerificationFailure(const Ends& ends, const Verification& found) {
  const std::string whose = (ends.server ? "the client certificate of " : "the certificate of ") +
                            ends.peer + " (" + found.subject + ") ";
  switch (found.error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return Untrusted(
          ends, whose + "expired at " + found.to + "; renew it, or mend this machine's clock");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Untrusted(ends, whose + "is not yet valid: it begins at " + found.from +
                                 "; wait, or mend this machine's clock");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Untrusted(ends, whose + "is for " +
                                 (found.names.empty() ? "no host at all" : found.names) +
                                 ", not for \"" + ends.name +
                                 "\"; name the target as the certificate does, or say what name to "
                                 "expect (tls server_name)");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return Untrusted(ends, whose +
                                 "is by an authority that is not trusted here; give the file of "
                                 "that authority's certificate (tls ca_file)");
    case X509_V_ERR_INVALID_PURPOSE:
      return Untrusted(ends, whose + "is not made for " + (ends.server ? "clients" : "servers") +
                                 " (its extended key usage); make one that is");
    default:
      return Untrusted(ends,
                       whose + "is not accepted: " + X509_verify_cert_error_string(found.error));
  }
}

std::string TooOld(const Ends& ends) {
  return ends.server ? ends.peer +
                           " offers no version of TLS that is allowed here; update it, or allow "
                           "TLS 1.2 (POLYCALL_TLS_ALLOW_1_2)"
                     : ends.peer +
                           " speaks no version of TLS that is allowed here; update it, or allow "
                           "TLS 1.2 on both sides (POLYCALL_TLS_ALLOW_1_2)";
}

}  // namespace

std::string ErrorText() {
  const unsigned long error = ERR_peek_last_error();
  const char* text = error != 0 ? ERR_reason_error_string(error) : nullptr;
  ERR_clear_error();
  return text != nullptr ? text : "no error";
}

void Note(X509_STORE_CTX* store, Verification* found) {
  X509* at = X509_STORE_CTX_get_current_cert(store);
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  found->error = X509_STORE_CTX_get_error(store);
  if (at == nullptr) at = leaf;
  if (at != nullptr) {
    found->subject = SubjectOf(at);
    found->from = TimeText(X509_get0_notBefore(at));
    found->to = TimeText(X509_get0_notAfter(at));
  }
  found->names.clear();
  if (leaf == nullptr) return;
  for (const std::string& name : NamesOf(leaf)) {
    if (found->names.size() > 200) {
      found->names += ", ..";
      break;
    }
    found->names += (found->names.empty() ? "" : ", ") + name;
  }
}

base::Status AlertFailure(const Ends& ends, int alert) {
  const std::string named = " (alert " + std::to_string(alert) + ", " +
                            std::string(SSL_alert_desc_string_long(alert)) + ")";
  const std::string ours = ends.peer + " does not accept the certificate that it was shown: ";
  switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
      return base::Unavailable(ends.peer +
                               " refuses the TLS handshake: it has no certificate, wants one of "
                               "ours, or shares no version or cipher with us; its log says which" +
                               named);
    case SSL_AD_CERTIFICATE_REQUIRED:
      if (!ends.server && !ends.has_certificate) {
        return Unauthenticated(ends.peer +
                               " asks for a client certificate and this channel has "
                               "none; give it one (tls certificate_file and key_file)" +
                               named);
      }
      break;
    case SSL_AD_CERTIFICATE_EXPIRED:
      return Unauthenticated(ours +
                             "it has expired, or is not yet valid; renew it, or mend the "
                             "clocks" +
                             named);
    case SSL_AD_UNKNOWN_CA:
      return Unauthenticated(ours +
                             "its authority is not trusted there; use one by an authority "
                             "that is, or add it to the other side's ca_file" +
                             named);
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_DECRYPT_ERROR:
      return Unauthenticated(ours + "its log says why" + named);
    case SSL_AD_PROTOCOL_VERSION:
      return base::Unavailable(TooOld(ends) + named);
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      return base::Unavailable(ends.peer + " speaks TLS, but not PolyCall's protocol in it" +
                               named);
    case SSL_AD_UNRECOGNIZED_NAME:
      return base::Unavailable(ends.peer + " has no certificate for the name \"" + ends.name +
                               "\"" + named);
    default:
      break;
  }
  return base::Unavailable(ends.peer + " ended TLS" + named + "; its log may say why");
}

base::Status HandshakeFailure(const Ends& ends, const Verification& found) {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  const std::string text = ErrorText();
  if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return AlertFailure(ends, reason - SSL_AD_REASON_OFFSET);
  }
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return VerificationFailure(ends, found);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return Unauthenticated(ends.peer +
                             " showed no client certificate, and one is required here; "
                             "give it one (tls certificate_file and key_file)");
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
      return base::Unavailable(TooOld(ends));
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return NotTls(ends);
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return base::Unavailable(ends.peer + " offers no protocol that this server speaks (ALPN)");
    case SSL_R_NO_SHARED_CIPHER:
      return base::Unavailable(ends.peer + " offers no cipher that this server takes; update it");
    default:
      return base::Unavailable("the TLS handshake with " + ends.peer + " failed: " + text);
  }
}

base::Status NotTls(const Ends& ends) {
  return base::Unavailable(
      ends.server ? ends.peer +
                        " does not speak TLS, and this port takes nothing else; name the target "
                        "tls://host:port"
                  : ends.peer +
                        " does not speak TLS; name it tcp://host:port, or give the server a "
                        "certificate (tls options)");
}

base::Status Ended(const Ends& ends, int error) {
  const std::string text = ends.peer +
                           " closed the connection in the TLS handshake; does it "
                           "speak TLS, and has it room for a connection?";
  return base::Unavailable(error == 0 ? text : base::ErrnoText(text, error));
}

}  // namespace polycall::transport::tls
