// StreamListener: accepts connections on a unix or TCP socket.
#ifndef POLYCALL_TRANSPORT_STREAM_LISTENER_H_
#define POLYCALL_TRANSPORT_STREAM_LISTENER_H_

#include <condition_variable>
#include <string>
#include <unordered_set>

#include "base/mutex.h"
#include "base/ref.h"
#include "transport/stream/handover.h"
#include "transport/transport.h"

namespace polycall::transport {

// Thread-safe; OnReady by the leader only.
class StreamListener final : public Listener, public Home, public base::Source {
 public:
  // `unlink_path` (may be empty) is removed when it stops accepting. An inherited socket is others'
  // too: those in its backlog wait for the next process that accepts.
  StreamListener(int fd, const char* transport, std::string address, std::string unlink_path,
                 bool inherited, Acceptor* acceptor);
  ~StreamListener();
  base::Status Open();

  const std::string& address() const override { return address_; }
  void StopAccepting() override;
  void DrainConnections() override;
  void CloseConnections() override;
  size_t connection_count() override;
  void CountConnections(std::map<std::string_view, uint64_t>* by_transport) override;
  const char* transport_name() const override { return transport_; }

  void OnReady(uint32_t events) override;
  void ReleaseSource() override {}  // the server owns it, beyond its reactor

  bool Enrol(Accepted* connection) override;
  void Forget(Accepted* connection) override;
  void Enter() override;
  void Leave() override;

 private:
  // Calls `visit` for every connection, under no lock.
  template <typename Visit>
  void ForEach(const Visit& visit);
  void AcceptOne(int fd);
  void ScheduleSweep();

  const int fd_;
  const char* const transport_;
  const std::string address_;
  const std::string unlink_path_;
  const bool inherited_;
  Acceptor* const acceptor_;
  base::Mutex mutex_;
  bool accepting_ GUARDED_BY(mutex_) = true;
  bool closing_ GUARDED_BY(mutex_) = false;
  uint32_t inside_ GUARDED_BY(mutex_) = 0;
  std::condition_variable_any left_;
  std::unordered_set<Accepted*> connections_ GUARDED_BY(mutex_);  // referenced
  base::Timer sweep_;
  int64_t sweep_interval_ = 0;
};

}  // namespace polycall::transport

#endif  // POLYCALL_TRANSPORT_STREAM_LISTENER_H_
