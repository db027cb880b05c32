// How many calls of a server run at once, which wait, and which are refused.
#ifndef POLYCALL_SERVER_ADMISSION_H_
#define POLYCALL_SERVER_ADMISSION_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/reactor.h"
#include "base/status.h"
#include "call/call.h"

namespace polycall::server {

// What polycalld sets for its instances, by the environment variable POLYCALL_ADMISSION: words
// "running=8 queue=100 wait_ms=2000 call_time_ms=500", each of which may be missing.
struct AdmissionOptions {
  uint32_t running = 0;   // calls that run at once; 0: any number, and nothing below counts
  uint32_t queue = 1000;  // calls that wait for their turn
  int64_t wait_ns = 10 * base::kSecond;
  int64_t call_time_ns = 0;  // how long a call may take, whatever its deadline says; 0: no bound

  // INVALID_ARGUMENT names the word that is none.
  static base::Status Parse(std::string_view text, AdmissionOptions* options);
};

// Callers (connections' peers) that wait take turns, so that one that calls without end holds up the
// others by one call and no more; the queue's room is shared out the same way. Who is refused is told
// RESOURCE_EXHAUSTED and, in the text and in the trailing metadata "retry-after-ms", when to come
// again: after as long as calls wait at present.
//
// Thread-safe. Asked only by servers that have a limit.
class Admission {
 public:
  // Runs a call whose turn has come; `request` (may be empty) is the callee's to release.
  using Run = void (*)(void* context, call::Call* call, polycall_message request);

  Admission(const AdmissionOptions& options, base::Reactor* reactor, Run run, void* context);
  ~Admission();

  // True: the call runs now, on this thread; Leave comes when it has ended. False: it waits, or was
  // refused and has ended.
  bool Enter(call::Call* call, const polycall_message* request);
  // A call that ran has ended.
  void Leave();
  // The server shuts down: those that wait are told so.
  void Refuse(const base::Status& status);

  size_t waiting();

 private:
  struct Waiting {
    call::Call* call;  // the handler's reference
    polycall_message request;
    int64_t since;
  };
  using Queue = std::deque<Waiting>;

  bool TakeNext(Waiting* next) REQUIRES(mutex_);
  Queue* Longest() REQUIRES(mutex_);
  int64_t HintMs(int64_t now) REQUIRES(mutex_);
  // Takes out those whose callers wait no more: their places are others'.
  void TakeGone(int64_t now, std::vector<Waiting>* gone) REQUIRES(mutex_);
  static void EndGone(std::vector<Waiting>* gone);
  void Expire();
  static void RunNext(base::Task* task);
  static void End(Waiting* waiting, const base::Status& status, int64_t hint_ms);

  const AdmissionOptions options_;
  base::Reactor* const reactor_;
  const Run run_;
  void* const context_;
  base::Timer timer_;

  base::Mutex mutex_;
  uint32_t running_ GUARDED_BY(mutex_) = 0;
  size_t count_ GUARDED_BY(mutex_) = 0;
  std::map<std::string, Queue> queues_ GUARDED_BY(mutex_);  // by caller; none is empty
  std::string last_ GUARDED_BY(mutex_);                     // whose turn was last
  bool timer_set_ GUARDED_BY(mutex_) = false;
  int64_t looked_ GUARDED_BY(mutex_) = 0;  // when a full queue was last looked through
};

}  // namespace polycall::server

#endif  // POLYCALL_SERVER_ADMISSION_H_
