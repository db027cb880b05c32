// Link: the connection as a call sees it. Transports implement it; see transport/transport.h.
#ifndef POLYCALL_CALL_LINK_H_
#define POLYCALL_CALL_LINK_H_

#include <cstdint>
#include <string>

#include "base/ref.h"
#include "base/status.h"
#include "base/waiter.h"
#include "call/identity.h"
#include "call/metadata.h"

namespace polycall::call {

class Call;

// Thread-safe. None of these functions is called with a lock of the call's held, and a link calls
// the call's On... functions with no lock of its own held.
class Link : public base::RefCounted<Link> {
 public:
  virtual const char* transport() const = 0;
  // The peer's address as polycall_call_peer gives it.
  virtual std::string peer() const = 0;
  // Handler: who the peer is; NULL: nobody vouches for it. Lives as long as the link.
  virtual const Identity* identity() const { return nullptr; }

  // Caller: starts the call at the peer, with its first message (may be NULL) and, if `end`, the
  // half-close. An error ends the call through OnStatus, now or later.
  virtual void Start(Call& call, const polycall_message* first, bool end) = 0;
  // Sends a message, with the half-close if `end`. Flow control was asked before (HasCredit); `cost`
  // receives what the message takes of the call's credit. OK, or why the message cannot be sent; the
  // call then goes on unless it was ended.
  virtual base::Status Send(Call& call, const polycall_message& message, bool end, bool buffered,
                            uint64_t* cost) = 0;
  // Sends what buffered sends left behind.
  virtual void Flush() = 0;
  virtual void HalfClose(Call& call) = 0;
  // Caller: the call has ended at this side; tell the peer and forget it.
  virtual void Cancel(Call& call, int32_t code) = 0;
  // Handler.
  virtual void SendInitialMetadata(Call& call, const Metadata& metadata) = 0;
  // Handler: ends the call. `not_started`: no handler saw it.
  virtual void Finish(Call& call, const base::Status& status, const Metadata* trailing,
                      const polycall_message* response, bool not_started) = 0;

  // Handler: the same for one in a PlainRun, with nothing but a response or a status. True: the call
  // was under way, and the link's reference to it is the caller's of this function.
  virtual bool FinishPlain([[maybe_unused]] Call& call, [[maybe_unused]] const base::Status& status,
                           [[maybe_unused]] const polycall_message* response) {
    return false;
  }

  // Both: whether the connection has credit for one more message. False: none is left; the link then
  // calls OnConnectionCredit when there is.
  virtual bool HasCredit(Call& call) = 0;
  // Both: the application took messages that had cost `bytes`.
  virtual void ReturnCredit(Call& call, uint64_t bytes) = 0;

  // Blocks this thread until `waiter` is woken (true) or `deadline` (false). A link may use the
  // thread for the connection's I/O meanwhile.
  virtual bool WaitFor(base::Waiter& waiter, int64_t deadline) = 0;

  // The caller waits for `call` by callback: somebody else must read for it.
  virtual void SetAsync(Call& call) = 0;

  virtual void Destroy() = 0;

 protected:
  virtual ~Link() = default;
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_LINK_H_
