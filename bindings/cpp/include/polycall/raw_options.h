// CallOptions as the C ABI wants them. For the binding's own headers.
#ifndef POLYCALL_RAW_OPTIONS_H_
#define POLYCALL_RAW_OPTIONS_H_

#include <polycall/call_options.h>
#include <polycall/polycall.h>
#include <polycall/server_context.h>

#include <cstdint>

namespace polycall::internal {

inline polycall_call_options RawOptions(const CallOptions& options) {
  polycall_call_options raw = POLYCALL_CALL_OPTIONS_INIT;
  raw.timeout_ns = options.timeout.count();
  uint32_t flags = 0;
  if (options.wait_for_ready) flags |= POLYCALL_CALL_WAIT_FOR_READY;
  if (options.idempotent) flags |= POLYCALL_CALL_IDEMPOTENT;
  if (options.detached) flags |= POLYCALL_CALL_DETACHED;
  if (options.no_retry) flags |= POLYCALL_CALL_NO_RETRY;
  if (options.initial_metadata != nullptr || options.trailing_metadata != nullptr) {
    flags |= POLYCALL_CALL_WANT_METADATA;
  }
  raw.flags = flags;
  raw.metadata = options.metadata.get();
  if (options.parent != nullptr) raw.parent = options.parent->get();
  return raw;
}

// Where the metadata of a unary call goes that the handler sent back.
struct MetadataPlaces {
  explicit MetadataPlaces(const CallOptions& options)
      : initial(options.initial_metadata), trailing(options.trailing_metadata) {}

  bool wanted() const { return initial != nullptr || trailing != nullptr; }
  // Moves what came back there. Without WANT_METADATA there is nothing.
  void Fill(polycall_unary* unary) const {
    Metadata first = Metadata::Take(unary->initial_metadata);
    Metadata last = Metadata::Take(unary->trailing_metadata);
    unary->initial_metadata = nullptr;
    unary->trailing_metadata = nullptr;
    if (initial != nullptr) *initial = std::move(first);
    if (trailing != nullptr) *trailing = std::move(last);
  }

  Metadata* initial;
  Metadata* trailing;
};

}  // namespace polycall::internal

#endif  // POLYCALL_RAW_OPTIONS_H_
