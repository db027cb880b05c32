#include "transport/tls/tls_stream.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace polycall::transport::tls {

ssize_t TlsStream::Read(void* space, size_t size) {
  if (has_peeked_.load(std::memory_order_relaxed)) {
    const size_t part = std::min(size, peeked_.size());
    memcpy(space, peeked_.data(), part);
    peeked_.erase(0, part);
    has_peeked_ = !peeked_.empty();
    return static_cast<ssize_t>(part);
  }
  return session_->Read(space, size, false);
}

ssize_t TlsStream::ReadWaiting(void* space, size_t size) {
  if (!blocking_ || has_peeked_.load(std::memory_order_relaxed)) {
    return ByteStream::ReadWaiting(space, size);
  }
  ssize_t got;
  if (ReadLooking(space, size, &got)) return got;
  return session_->Read(space, size, true);
}

// What was looked at is kept here, decrypted.
ssize_t TlsStream::Peek(void* space, size_t size) {
  if (session_->protocol() == "polycall") return ByteStream::Peek(space, size);
  ssize_t got = 1;
  while (peeked_.size() < size && got > 0) {
    const size_t had = peeked_.size();
    peeked_.resize(size);
    got = session_->Read(peeked_.data() + had, size - had, false);
    peeked_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  }
  if (peeked_.empty()) {
    const int error = errno;
    StopNudging();
    errno = error;
    return got;
  }
  has_peeked_ = true;
  const size_t part = std::min(size, peeked_.size());
  memcpy(space, peeked_.data(), part);
  return static_cast<ssize_t>(part);
}

uint32_t TlsStream::WithNudge(base::Reactor& reactor, base::Source* source, uint32_t events) {
  nudging_ = (events & EPOLLIN) != 0 && HasBuffered();
  if (!nudging_) return events;
  reactor_ = &reactor;
  source_ = source;
  wanted_ = events;
  return events | EPOLLOUT;
}

bool TlsStream::Register(base::Reactor& reactor, base::Source* source, uint32_t events) {
  const base::MutexLock lock(mutex_);
  return ByteStream::Register(reactor, source, WithNudge(reactor, source, events));
}

void TlsStream::Watch(base::Reactor& reactor, base::Source* source, uint32_t events) {
  const base::MutexLock lock(mutex_);
  ByteStream::Watch(reactor, source, WithNudge(reactor, source, events));
}

void TlsStream::StopNudging() {
  if (!nudging_.load(std::memory_order_relaxed)) return;
  const base::MutexLock lock(mutex_);
  if (nudging_.exchange(false)) ByteStream::Watch(*reactor_, source_, wanted_);
}

uint32_t TlsStream::Translate(uint32_t events) {
  StopNudging();
  return HasBuffered() ? events | EPOLLIN : events;
}

}  // namespace polycall::transport::tls
