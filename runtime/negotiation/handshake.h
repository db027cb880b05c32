// The two messages of the handshake as plain structs, with their encoding. The fields' meaning,
// sender and lifetime are specified in idl/polycall/v1/handshake.proto; the bytes are the same.
#ifndef POLYCALL_NEGOTIATION_HANDSHAKE_H_
#define POLYCALL_NEGOTIATION_HANDSHAKE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::negotiation {

// Bounds on what a peer may send. A decode that meets one fails and says which.
inline constexpr size_t kMaxHelloSize = 256 * 1024;        // body of a HELLO frame
inline constexpr size_t kMaxAcceptSize = 4 * 1024 * 1024;  // body of an ACCEPT frame
inline constexpr size_t kMaxStringSize = 4 * 1024;         // every string
inline constexpr size_t kMaxListSize = 64;  // features, transports, compressions, offers
inline constexpr size_t kMaxServices = 1024;
inline constexpr size_t kMaxMethods = 65535;  // of all services together; 0xFFFF means "named"

// What one side takes from the other. 0 means that the sender did not say: the receiver assumes the
// default of the limit of that name.
struct Limits {
  uint64_t max_message_size = 0;
  uint32_t max_metadata_size = 0;
  uint32_t max_calls = 0;
  uint32_t call_window = 0;
  uint32_t connection_window = 0;

  friend bool operator==(const Limits&, const Limits&) = default;
};

// Where a program runs. Empty strings and zeros are "unknown" and equal to nothing.
struct HostIdentity {
  std::string boot_id;
  std::string process;
  uint64_t network_namespace = 0;
  uint32_t uid = 0;

  friend bool operator==(const HostIdentity&, const HostIdentity&) = default;
};

// One more transport by which this server can be reached.
struct Offer {
  std::string transport;
  std::string address;

  friend bool operator==(const Offer&, const Offer&) = default;
};

struct MethodInfo {
  std::string name;
  int32_t kind = 0;    // polycall_kind; a peer of a later version may send others
  uint32_t flags = 0;  // polycall_method_flags

  friend bool operator==(const MethodInfo&, const MethodInfo&) = default;
};

struct ServiceInfo {
  std::string name;
  uint64_t fingerprint = 0;
  std::vector<MethodInfo> methods;

  friend bool operator==(const ServiceInfo&, const ServiceInfo&) = default;
};

struct Hello {
  uint32_t min_version = 0;
  uint32_t max_version = 0;
  Limits limits;
  std::vector<std::string> features;
  std::string user_agent;
  HostIdentity host;
  std::vector<std::string> transports;
  std::vector<std::string> compressions;
  std::vector<ServiceInfo> services;

  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Accept {
  uint32_t version = 0;
  Limits limits;
  std::vector<std::string> features;
  std::string server_name;
  HostIdentity host;
  std::vector<Offer> offers;
  std::string compression;
  std::vector<ServiceInfo> services;

  friend bool operator==(const Accept&, const Accept&) = default;
};

std::string Encode(const Hello& hello);
std::string Encode(const Accept& accept);

// False with a sentence in `error` that names the message, the field and the bound or defect, as
// "Hello.services: more than 1024 entries"; the output is then incomplete. Unknown fields are
// skipped. What is decoded is well-formed and bounded, nothing more: versions are the caller's to
// compare. `hello` and `accept` are overwritten; `error` may not be null.
bool Decode(std::string_view bytes, Hello* hello, std::string* error);
bool Decode(std::string_view bytes, Accept* accept, std::string* error);

// The identity of this process, for its own Hello or Accept. The process token is random, made once
// per process and made anew after fork(), also after a fork() while another thread was in here. Any
// thread; takes no lock.
HostIdentity ThisHost();

// The two ends share a process, a running kernel, a network stack. Claims of the peer's, good for
// choosing what to offer and never for trust.
bool IsSameProcess(const HostIdentity& a, const HostIdentity& b);
bool IsSameHost(const HostIdentity& a, const HostIdentity& b);
bool IsSameNetwork(const HostIdentity& a, const HostIdentity& b);

}  // namespace polycall::negotiation

#endif  // POLYCALL_NEGOTIATION_HANDSHAKE_H_
