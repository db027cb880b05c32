// Identity: who a peer is, as far as somebody vouches for it.
#ifndef POLYCALL_CALL_IDENTITY_H_
#define POLYCALL_CALL_IDENTITY_H_

#include <string>
#include <vector>

#include "polycall/polycall.h"

namespace polycall::call {

// Immutable once it is shared.
class Identity {
 public:
  Identity(std::string subject, std::vector<std::string> names)
      : subject_(std::move(subject)), names_(std::move(names)) {
    for (const std::string& name : names_) pointers_.push_back(name.c_str());
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  const std::string& subject() const { return subject_; }
  const std::vector<std::string>& names() const { return names_; }

  // Borrowed from this object.
  void ToAbi(polycall_identity* out) const {
    out->subject = subject_.empty() ? nullptr : subject_.c_str();
    out->names = pointers_.data();
    out->name_count = pointers_.size();
  }

 private:
  const std::string subject_;             // RFC 4514; empty: no certificate
  const std::vector<std::string> names_;  // "DNS:..", "URI:..", "IP:..", "EMAIL:..", "UID:.."
  std::vector<const char*> pointers_;
};

}  // namespace polycall::call

#endif  // POLYCALL_CALL_IDENTITY_H_
