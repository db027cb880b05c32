// Two sessions over a pair of sockets with little room: every way in which a record is in pieces.
#include "transport/tls/module/session.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "certificates.h"
#include "transport/tls/module/context.h"

namespace polycall::transport::tls {
namespace {

constexpr int kWaitMs = 60'000;  // only a hang takes so long

class TlsSessions : public testing::Test {
 protected:
  TlsSessions() {
    char path[] = "/tmp/polycall-session-XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr);
    folder_ = path;
    cli::CertificateRequest request;
    request.common_name = "authority";
    request.authority = true;
    request.ends_s = 3600;
    const cli::Certificate authority = cli::MakeCertificate(request, nullptr);
    request.authority = false;
    request.common_name = "here";
    request.names = {"DNS:here"};
    const cli::Certificate made = cli::MakeCertificate(request, &authority);
    std::ofstream(folder_ + "/ca.pem") << authority.certificate;
    std::ofstream(folder_ + "/cert.pem") << made.certificate;
    std::ofstream(folder_ + "/key.pem") << made.key;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0);
    const int little = 4096;
    for (const int fd : fds_) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
    TlsOptions options;
    options.ca_file = folder_ + "/ca.pem";
    const auto log = [](polycall_log_level, std::string_view) {};
    client_context_ = std::make_unique<TlsContext>(options, false, log);
    options.ca_file.clear();
    options.certificate_file = folder_ + "/cert.pem";
    options.key_file = folder_ + "/key.pem";
    server_context_ = std::make_unique<TlsContext>(options, true, log);
    EXPECT_TRUE(
        client_context_->Connect(fds_[0], "here", "tls://here:1", "polycall", &client_).ok());
    EXPECT_TRUE(server_context_->Accept(fds_[1], "tls://there:1", &server_).ok());
    std::thread other([&] { Shake(server_.get(), fds_[1]); });
    Shake(client_.get(), fds_[0]);
    other.join();
  }
  ~TlsSessions() override {
    for (const int fd : fds_) close(fd);
    std::filesystem::remove_all(folder_);
  }

  static void Wait(int fd, short events) {
    pollfd entry = {fd, events, 0};
    ASSERT_EQ(poll(&entry, 1, kWaitMs), 1);
  }
  static void Shake(Session* session, int fd) {
    for (;;) {
      const Step step = session->Handshake();
      ASSERT_NE(step, Step::kFailed) << session->failure().message();
      if (step == Step::kDone) return;
      Wait(fd, step == Step::kRead ? POLLIN : POLLOUT);
    }
  }
  // In pieces of all sizes, each tried again from where it was taken.
  static void WriteAll(Session* session, int fd, const std::string& text, uint32_t seed) {
    std::mt19937 random(seed);
    for (size_t done = 0; done < text.size();) {
      const size_t piece = std::min<size_t>(text.size() - done, random() % 70'000 + 1);
      for (size_t end = done + piece; done < end;) {
        const size_t half = (end - done) / 3;
        char* at = const_cast<char*>(text.data()) + done;
        const iovec pieces[] = {{at, half}, {at + half, 0}, {at + half, end - done - half}};
        const ssize_t written = session->Write(pieces, 3);
        if (written >= 0) {
          done += static_cast<size_t>(written);
        } else {
          ASSERT_EQ(errno, EAGAIN);
          Wait(fd, POLLOUT);
        }
      }
    }
  }
  static std::string ReadAll(Session* session, int fd, size_t size, uint32_t seed) {
    std::mt19937 random(seed);
    std::string text(size, '\0');
    for (size_t done = 0; done < size;) {
      const size_t most = random() % 3 == 0 ? random() % 100 + 1 : random() % 200'000 + 1;
      const ssize_t got = session->Read(text.data() + done, std::min(most, size - done), false);
      if (got > 0) {
        done += static_cast<size_t>(got);
      } else if (got == 0 || errno != EAGAIN) {
        ADD_FAILURE() << "ended at " << done << ": " << session->failure().message();
        return text;
      } else {
        EXPECT_FALSE(session->HasBuffered());  // or a reader that believes it would spin
        Wait(fd, POLLIN);
      }
    }
    return text;
  }
  static std::string Pattern(size_t size, uint32_t seed) {
    std::mt19937 random(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
  }

  std::string folder_;
  int fds_[2];
  std::unique_ptr<TlsContext> client_context_, server_context_;
  std::unique_ptr<Session> client_, server_;
};

TEST_F(TlsSessions, WhatIsWrittenIsReadInBothDirectionsAtOnce) {
  const std::string up = Pattern(3'000'000, 1);
  const std::string down = Pattern(2'000'000, 2);
  std::string got_up, got_down;
  std::thread threads[] = {
      std::thread([&] { WriteAll(client_.get(), fds_[0], up, 3); }),
      std::thread([&] { WriteAll(server_.get(), fds_[1], down, 4); }),
      std::thread([&] { got_up = ReadAll(server_.get(), fds_[1], up.size(), 5); })};
  got_down = ReadAll(client_.get(), fds_[0], down.size(), 6);
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(got_up == up);
  EXPECT_TRUE(got_down == down);
}

TEST_F(TlsSessions, AReadThatWasFilledKnowsWhetherMoreIsThere) {
  const std::string text = Pattern(20'000, 7);
  std::thread writer([&] { WriteAll(client_.get(), fds_[0], text, 8); });
  EXPECT_TRUE(ReadAll(server_.get(), fds_[1], text.size() - 1, 9) ==
              text.substr(0, text.size() - 1));
  writer.join();
  char last = 0;
  if (!server_->HasBuffered()) Wait(fds_[1], POLLIN);
  EXPECT_EQ(server_->Read(&last, 1, false), 1);
  EXPECT_EQ(last, text.back());
  EXPECT_FALSE(server_->HasBuffered());
}

TEST_F(TlsSessions, AGoodbyeIsTheEnd) {
  client_->Goodbye();
  Wait(fds_[1], POLLIN);
  char byte;
  EXPECT_EQ(server_->Read(&byte, 1, false), 0);
  EXPECT_EQ(server_->Read(&byte, 1, false), 0);
}

}  // namespace
}  // namespace polycall::transport::tls
