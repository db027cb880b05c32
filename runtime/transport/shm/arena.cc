#include "transport/shm/arena.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "call/frame.h"

namespace polycall::transport::shm {

// A buffer in our own arena.
struct Lender::Block final : base::ForeignBuffer {
  base::Ref<Lender> lender;
  Range range{};
  bool lent = false;  // the range is the peer's now
};

// What the peer handed back of our own arena.
struct Lender::Returned final : base::ForeignBuffer {
  base::Ref<Lender> lender;
  uint32_t page = 0;  // where the block begins
};

namespace {

// A frame of the peer's, in its arena.
struct View final : base::ForeignBuffer {
  base::Ref<Region> region;
  const uint8_t* arena = nullptr;
  std::atomic<uint8_t>* returned = nullptr;
  std::atomic<bool> handed_back{false};

  static void Done(base::ForeignBuffer* buffer) {
    auto* self = static_cast<View*>(buffer);
    // A forked child's copy says nothing of what the parent still reads.
    if (self->region->ours()) {
      const uint8_t how =
          self->handed_back.load(std::memory_order_relaxed) ? kHandedBack : kReturned;
      self->returned->store(how, std::memory_order_release);
    }
    delete self;
  }
};

}  // namespace

bool Lender::Allocate(size_t size, Range* range) {
  const size_t pages = (size + kPage - 1) / kPage;
  if (pages == 0 || pages > kArenaPages || !region_->ours()) return false;
  base::MutexLock lock(mutex_);
  std::atomic<uint8_t>* const returned = region_->returned(role_);
  std::erase_if(lent_, [&](const Lent& lent) {
    const uint8_t how = returned[lent.range.page].load(std::memory_order_acquire);
    // Handed back, it comes with a ticket that may still be under way.
    if (how == 0 || lent.held || (how == kHandedBack && !lent.back)) return false;
    std::erase_if(used_, [&](const Range& used) { return used.page == lent.range.page; });
    return true;
  });
  // The first gap: low pages are warm ones.
  uint32_t begin = 0;
  auto at = used_.begin();
  for (; at != used_.end() && at->page - begin < pages; ++at) begin = at->page + at->pages;
  if (kArenaPages - begin < pages) return false;
  *range = {begin, static_cast<uint32_t>(pages)};
  used_.insert(at, *range);
  return true;
}

void Lender::Return(Range range) {
  base::MutexLock lock(mutex_);
  std::erase_if(used_, [&](const Range& used) { return used.page == range.page; });
}

void Lender::EndBlock(base::ForeignBuffer* buffer) {
  auto* block = static_cast<Block*>(buffer);
  if (!block->lent) block->lender->Return(block->range);
  delete block;
}

base::Buffer* Lender::TakeBuffer(size_t size) {
  Range range;
  if (!Allocate(size, &range)) return nullptr;
  auto* block = new Block;
  block->Init(region_->arena(role_) + size_t{range.page} * kPage, size, &Lender::EndBlock);
  block->lender = base::Ref<Lender>::Share(this);
  block->range = range;
  return block;
}

bool Lender::Lend(std::string_view head, std::string_view sections, std::string_view payload,
                  base::Buffer* buffer, Ticket* ticket) {
  uint8_t* const arena = region_->arena(role_);
  const size_t before = head.size() + sections.size();
  const size_t total = before + payload.size();
  Range range;
  uint8_t* frame = nullptr;
  if (buffer != nullptr && base::IsForeign(buffer, &Lender::EndBlock) &&
      base::IsSoleOwner(buffer)) {
    auto* block = static_cast<Block*>(static_cast<base::ForeignBuffer*>(buffer));
    auto* at = reinterpret_cast<uint8_t*>(const_cast<char*>(payload.data()));
    if (block->lender.get() == this && !block->lent && at >= block->data() + before &&
        static_cast<size_t>(at - block->data()) - before < kPage &&
        at + payload.size() <= block->data() + block->size) {
      range = block->range;
      frame = at - before;
      block->lent = true;
    }
  }
  if (frame == nullptr) {
    if (!Allocate(total, &range)) return false;
    frame = arena + size_t{range.page} * kPage;
    memcpy(frame + before, payload.data(), payload.size());
  }
  memcpy(frame, head.data(), head.size());
  if (!sections.empty()) memcpy(frame + head.size(), sections.data(), sections.size());
  *ticket = {static_cast<uint64_t>(frame - arena), total};
  base::MutexLock lock(mutex_);
  region_->returned(role_)[range.page].store(0, std::memory_order_relaxed);
  lent_.push_back({range});
  return true;
}

base::Buffer* Lender::TakeBack(const Ticket& ticket) {
  if (ticket.size == 0 || ticket.size > kArenaSize || ticket.offset > kArenaSize - ticket.size) {
    return nullptr;
  }
  base::MutexLock lock(mutex_);
  const auto it = std::find_if(lent_.begin(), lent_.end(), [&](const Lent& lent) {
    const uint64_t begin = uint64_t{lent.range.page} * kPage;
    return ticket.offset >= begin &&
           ticket.offset + ticket.size <= begin + uint64_t{lent.range.pages} * kPage;
  });
  if (it == lent_.end() || it->back) return nullptr;
  it->back = it->held = true;
  auto* returned = new Returned;
  returned->Init(region_->arena(role_) + ticket.offset, ticket.size, &Lender::EndReturned);
  returned->lender = base::Ref<Lender>::Share(this);
  returned->page = it->range.page;
  return returned;
}

void Lender::EndReturned(base::ForeignBuffer* buffer) {
  const std::unique_ptr<Returned> returned(static_cast<Returned*>(buffer));
  Lender& lender = *returned->lender;
  base::MutexLock lock(lender.mutex_);
  for (Lent& lent : lender.lent_) {
    if (lent.range.page == returned->page) lent.held = false;
  }
}

bool HandBack(const base::Ref<Region>& region, base::Buffer* buffer, std::string_view payload,
              Ticket* ticket) {
  if (buffer == nullptr || !base::IsForeign(buffer, &View::Done)) return false;
  auto* view = static_cast<View*>(static_cast<base::ForeignBuffer*>(buffer));
  const auto* at = reinterpret_cast<const uint8_t*>(payload.data());
  if (view->region.get() != region.get() || at < view->data() ||
      at + payload.size() > view->data() + view->size ||
      view->handed_back.exchange(true, std::memory_order_relaxed)) {
    return false;
  }
  *ticket = {static_cast<uint64_t>(at - view->arena), payload.size()};
  return true;
}

base::Buffer* BorrowFrame(const base::Ref<Region>& region, Role sender, const Ticket& ticket,
                          bool copy) {
  if (ticket.size < call::kFrameHeaderSize || ticket.size > kArenaSize ||
      ticket.offset > kArenaSize - ticket.size) {
    return nullptr;
  }
  uint8_t* const frame = region->arena(sender) + ticket.offset;
  std::atomic<uint8_t>& returned = region->returned(sender)[ticket.offset / kPage];
  if (copy) {
    base::Buffer* own = base::NewBuffer(ticket.size);
    if (own == nullptr) return nullptr;
    memcpy(own->data(), frame, ticket.size);
    returned.store(1, std::memory_order_release);
    return own;
  }
  auto* view = new View;
  view->Init(frame, ticket.size, &View::Done);
  view->region = region;
  view->arena = region->arena(sender);
  view->returned = &returned;
  return view;
}

}  // namespace polycall::transport::shm
