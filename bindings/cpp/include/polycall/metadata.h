// Metadata: the key to value list of a call. Keys are lower-case ASCII; a key that ends in "-bin"
// holds any bytes, every other one printable ASCII.
#ifndef POLYCALL_METADATA_H_
#define POLYCALL_METADATA_H_

#include <polycall/polycall.h>
#include <polycall/status.h>

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace polycall {

// Somebody else's metadata, borrowed: valid as long as the function that gave it says.
class MetadataView {
 public:
  using Entry = std::pair<std::string_view, std::string_view>;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;

    Iterator() = default;
    Iterator(const polycall_metadata* raw, size_t index) : raw_(raw), index_(index) {}
    Entry operator*() const {
      const char* key = "";
      const void* value = nullptr;
      size_t size = 0;
      polycall_metadata_get(raw_, index_, &key, &value, &size);
      return {key, {static_cast<const char*>(value), size}};
    }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) { return {raw_, index_++}; }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const polycall_metadata* raw_ = nullptr;
    size_t index_ = 0;
  };

  using value_type = Entry;
  using iterator = Iterator;
  using const_iterator = Iterator;

  MetadataView() = default;
  explicit MetadataView(const polycall_metadata* raw) : raw_(raw) {}

  size_t size() const { return polycall_metadata_count(raw_); }
  bool empty() const { return size() == 0; }
  Iterator begin() const { return {raw_, 0}; }
  Iterator end() const { return {raw_, size()}; }

  // The last value of `key`.
  std::optional<std::string_view> Find(const std::string& key) const {
    const void* value = nullptr;
    size_t size = 0;
    if (raw_ == nullptr || polycall_metadata_find(raw_, key.c_str(), &value, &size) == 0) return {};
    return std::string_view(static_cast<const char*>(value), size);
  }

  const polycall_metadata* get() const { return raw_; }

 private:
  const polycall_metadata* raw_ = nullptr;
};

// Metadata of one's own; a value. One thread at a time. Empty metadata holds no memory.
class Metadata {
 public:
  using value_type = MetadataView::Entry;
  using iterator = MetadataView::Iterator;
  using const_iterator = MetadataView::Iterator;

  constexpr Metadata() noexcept = default;

  // `{{"trace", "17"}, {"token-bin", bytes}}`. Throws StatusError (INVALID_ARGUMENT) for a key or
  // value that is not allowed; Add tells the same without an exception.
  Metadata(std::initializer_list<MetadataView::Entry> entries) {
    for (const auto& [key, value] : entries) {
      Status status = Add(key, value);
      if (!status.ok()) {
        polycall_metadata_free(raw_);
        throw StatusError(std::move(status));
      }
    }
  }
  explicit Metadata(MetadataView other) { Append(other); }
  Metadata(const Metadata& other) { Append(other.view()); }
  constexpr Metadata(Metadata&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Metadata& operator=(Metadata other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  constexpr ~Metadata() {
    if (raw_ != nullptr) polycall_metadata_free(raw_);
  }

  // Takes over `raw`, which may be null.
  static Metadata Take(polycall_metadata* raw) noexcept {
    Metadata metadata;
    metadata.raw_ = raw;
    return metadata;
  }

  // INVALID_ARGUMENT for a key or value that is not allowed. Upper-case letters are lowered.
  Status Add(std::string_view key, std::string_view value) {
    if (raw_ == nullptr) raw_ = polycall_metadata_new();
    polycall_status status = POLYCALL_STATUS_INIT;
    polycall_metadata_add(raw_, std::string(key).c_str(), value.data(), value.size(), &status);
    return Status::Take(&status);
  }

  size_t size() const { return polycall_metadata_count(raw_); }
  bool empty() const { return size() == 0; }
  MetadataView::Iterator begin() const { return view().begin(); }
  MetadataView::Iterator end() const { return view().end(); }
  std::optional<std::string_view> Find(const std::string& key) const { return view().Find(key); }
  MetadataView view() const { return MetadataView(raw_); }
  constexpr polycall_metadata* get() const noexcept { return raw_; }

 private:
  void Append(MetadataView other) {
    // What is in a metadata already was checked when it came in.
    for (const auto& [key, value] : other) static_cast<void>(Add(key, value).ok());
  }

  polycall_metadata* raw_ = nullptr;  // owned; null while empty
};

}  // namespace polycall

#endif  // POLYCALL_METADATA_H_
