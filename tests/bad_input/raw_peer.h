// A peer that writes whatever bytes it likes: a socket with bounded waits, on either side.
#ifndef POLYCALL_TESTS_BAD_INPUT_RAW_PEER_H_
#define POLYCALL_TESTS_BAD_INPUT_RAW_PEER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "call/frame.h"

namespace polycall::bad_input {

inline constexpr int kWaitMs =
    20000;  // for what must happen; reached only when something is broken

struct Frame {
  call::FrameHeader header;
  std::string body;
};

// One frame's bytes; `header.body_size` is set to the body's size.
std::string FrameBytes(call::FrameHeader header, std::string_view body = {});
// A header whose body_size stays as it is.
std::string HeaderBytes(const call::FrameHeader& header);
// Preface and a HELLO for version 1 with all defaults.
std::string Opening();

class RawPeer {
 public:
  // Connects to "unix:/path" or "tcp://127.0.0.1:port".
  static RawPeer Connect(const std::string& target);
  // Connected, and past the handshake: the server's ACCEPT has been read.
  static RawPeer Greeted(const std::string& target);

  explicit RawPeer(int fd) : fd_(fd) {}
  RawPeer(RawPeer&& other) noexcept;
  RawPeer& operator=(RawPeer&&) = delete;
  ~RawPeer();

  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // False when the other end does not take it any more (it closed, or does not read for kWaitMs).
  bool Send(std::string_view bytes);
  // Sends what fits without waiting; how much that was.
  size_t SendWhatFits(std::string_view bytes);
  void HalfClose();

  // Nothing at the end of the stream or after kWaitMs.
  std::optional<Frame> ReadFrame();
  // The same, passing over frames that a server may send at any time (CREDIT).
  std::optional<Frame> ReadAnswer();
  // Reads on until the other end closes; false after kWaitMs.
  bool ReadsEnd();

 private:
  bool Fill();

  int fd_;
  std::string pending_;
};

}  // namespace polycall::bad_input

#endif  // POLYCALL_TESTS_BAD_INPUT_RAW_PEER_H_
