// What ThreadSanitizer must be told: memory that is mapped twice, as both ends of a shared-memory
// connection do within one process, is two places to it, and what one says to the other is not seen.
#ifndef POLYCALL_BASE_TSAN_H_
#define POLYCALL_BASE_TSAN_H_

#if defined(__SANITIZE_THREAD__)
extern "C" {
void __tsan_acquire(void* address);  // NOLINT: the sanitizer's own names
void __tsan_release(void* address);  // NOLINT
}
#endif

namespace polycall::base {

#if defined(__SANITIZE_THREAD__)
inline char tsan_shared_memory;
// Everything before it happens before what follows an acquire that sees it.
inline void TsanRelease() { __tsan_release(&tsan_shared_memory); }
inline void TsanAcquire() { __tsan_acquire(&tsan_shared_memory); }
#else
inline void TsanRelease() {}
inline void TsanAcquire() {}
#endif

}  // namespace polycall::base

#endif  // POLYCALL_BASE_TSAN_H_
