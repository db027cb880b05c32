// TlsSession: OpenSSL's handshake, then a Protection, over a socket.
#ifndef POLYCALL_TRANSPORT_TLS_MODULE_SESSION_H_
#define POLYCALL_TRANSPORT_TLS_MODULE_SESSION_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "transport/tls/module/failures.h"
#include "transport/tls/module/pipe_bio.h"
#include "transport/tls/module/protection.h"
#include "transport/tls/tls.h"

namespace polycall::transport::tls {

// See Session for who may call what when.
class TlsSession final : public Session {
 public:
  // Takes over `ssl`, of a context that MakeSslContext made, whose verification tells Of(ssl).
  TlsSession(int fd, Owned<SSL> ssl, Ends ends);
  ~TlsSession() override;

  Step Handshake() override;
  const base::Status& failure() const override { return failure_; }
  ssize_t Read(void* space, size_t size, bool wait) override;
  ssize_t Write(const iovec* pieces, int count) override;
  bool HasBuffered() const override { return buffered_.load(std::memory_order_relaxed); }
  void Goodbye() override;
  std::string_view protocol() const override { return protocol_; }
  const char* version() const override { return version_; }
  std::shared_ptr<const call::Identity> identity() const override { return identity_; }

  // The session that `ssl` belongs to, while its handshake lasts.
  static TlsSession* Of(const SSL* ssl);
  Verification* verification() { return &verification_; }
  // A line of OpenSSL's key log: what the two directions' keys are derived from.
  void OnSecret(std::string_view line);

 private:
  Step Fail(base::Status why);
  bool Finish();
  // False: EAGAIN, or broken (errno).
  bool SendOut();
  ssize_t ReadEnd(Protection::End end);

  const int fd_;
  Ends ends_;
  Owned<SSL> ssl_;  // until the handshake is over
  Pipe pipe_;
  Verification verification_;
  base::Status failure_;
  std::string client_secret_, server_secret_;
  std::unique_ptr<Protection> protection_;
  std::string protocol_;
  const char* version_ = "";
  std::shared_ptr<const call::Identity> identity_;

  // The reader's: records that are there in part, or did not fit.
  std::vector<uint8_t> left_;
  bool first_ = true;  // nothing has been read
  int end_ = -1;       // what every further read says: an errno, 0 for the end; -1: it goes on
  std::atomic<bool> buffered_{false};
  // The writer's: records that the socket did not take, and of how many plain bytes they are.
  std::vector<uint8_t> out_;
  size_t out_begin_ = 0;
  size_t held_ = 0;
};

}  // namespace polycall::transport::tls

#endif  // POLYCALL_TRANSPORT_TLS_MODULE_SESSION_H_
