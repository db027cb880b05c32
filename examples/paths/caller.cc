// Calls the ledger:  ledger_caller [--tls-ca FILE] [--only TRANSPORT] TARGET
//
// The one caller for every path: only the target differs. A target that begins with "inproc:" is served
// by this program itself. Prints the transport that the handler saw, the median time of a call in
// nanoseconds and how many numbers the ledger holds now, with tabs between.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "ledger.h"

namespace {

constexpr int kCalls = 2000;

int Call(const std::string& target, const polycall::ChannelOptions& options) {
  auto channel = polycall::Channel::Create(target, options);
  if (!channel.ok()) {
    std::cerr << "ledger_caller: " << channel.status().ToString() << "\n";
    return 2;
  }
  paths::v1::Ledger::Client ledger(*channel);
  paths::v1::Entry entry;
  paths::v1::Receipt receipt;
  std::vector<std::chrono::nanoseconds> times;
  for (int number = 0; number < kCalls; ++number) {
    entry.set_number(number);
    const auto start = std::chrono::steady_clock::now();
    const polycall::Status status =
        ledger.Enter(entry, &receipt, {.timeout = std::chrono::seconds(10)});
    times.push_back(std::chrono::steady_clock::now() - start);
    if (!status.ok()) {
      std::cerr << "ledger_caller: " << target << ": " << status.ToString() << "\n";
      return 1;
    }
  }
  std::nth_element(times.begin(), times.begin() + kCalls / 2, times.end());
  std::cout << receipt.transport() << '\t' << times[kCalls / 2].count() << '\t' << receipt.entries()
            << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  polycall::ChannelOptions options;
  int next = 1;
  for (; next + 2 < argc; next += 2) {
    const std::string option = argv[next];
    if (option == "--tls-ca") {
      options.tls = polycall::TlsOptions{.ca_file = argv[next + 1]};
    } else if (option == "--only") {
      options.transports.push_back(argv[next + 1]);
    } else {
      break;
    }
  }
  if (argc != next + 1) {
    std::cerr << "write: ledger_caller [--tls-ca FILE] [--only TRANSPORT] TARGET\n";
    return 2;
  }
  const std::string target = argv[next];
  Ledger ledger;
  polycall::Server server;
  if (target.starts_with("inproc:")) {
    polycall::Status status = server.AddService(&ledger);
    if (status.ok()) status = server.Listen(target).status();
    if (status.ok()) status = server.Start();
    if (!status.ok()) {
      std::cerr << "ledger_caller: " << status.ToString() << "\n";
      return 1;
    }
  }
  return Call(target, options);
}
