// Intrusive reference counting: objects that cross threads and the C boundary.
#ifndef POLYCALL_BASE_REF_H_
#define POLYCALL_BASE_REF_H_

#include <atomic>
#include <cstdint>
#include <utility>

namespace polycall::base {

// Thread-safe. A new object has one reference, for Ref::Adopt. `Derived::Destroy()` ends it.
template <typename Derived>
class RefCounted {
 public:
  void Retain() { refs_.fetch_add(1, std::memory_order_relaxed); }
  // For registries that hold no reference: false if the last one is gone.
  bool TryRetain() {
    uint32_t refs = refs_.load(std::memory_order_relaxed);
    while (refs != 0) {
      if (refs_.compare_exchange_weak(refs, refs + 1, std::memory_order_acquire)) return true;
    }
    return false;
  }
  void Release() {
    // The sole owner needs no atomic read-modify-write: nobody else can raise the count.
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      static_cast<Derived*>(this)->Destroy();
    }
  }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;
  void Destroy() { delete static_cast<Derived*>(this); }
  std::atomic<uint32_t> refs_{1};
};

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  static Ref Adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  static Ref Share(T* object) {
    if (object != nullptr) object->Retain();
    return Adopt(object);
  }
  Ref(const Ref& other) : object_(other.object_) {
    if (object_ != nullptr) object_->Retain();
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename U>
  Ref(Ref<U>&& other) noexcept : object_(other.Detach()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->Release();
  }
  T* Detach() { return std::exchange(object_, nullptr); }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace polycall::base

#endif  // POLYCALL_BASE_REF_H_
