// Serves the ledger:  ledger_server [--tls FOLDER] TARGET...
//
// FOLDER holds server.pem and server.key. Prints "listening ADDRESS" for each target, then serves until
// its standard input ends.
#include <cstring>
#include <iostream>
#include <string>

#include "ledger.h"

int main(int argc, char** argv) {
  polycall::ServerOptions options;
  int next = 1;
  if (argc > 2 && std::strcmp(argv[1], "--tls") == 0) {
    const std::string folder = argv[2];
    options.tls = polycall::TlsOptions{.certificate_file = folder + "/server.pem",
                                       .key_file = folder + "/server.key.pem"};
    next = 3;
  }
  Ledger ledger;
  polycall::Server server(options);
  polycall::Status status = server.AddService(&ledger);
  for (; status.ok() && next < argc; ++next) {
    auto address = server.Listen(argv[next]);
    status = address.status();
    if (address.ok()) std::cout << "listening " << *address << "\n";
  }
  if (status.ok()) status = server.Start();
  if (!status.ok()) {
    std::cerr << "ledger_server: " << status.ToString() << "\n";
    return 1;
  }
  std::cout.flush();
  while (std::cin.get() != std::istream::traits_type::eof()) {
  }
  server.Shutdown(std::chrono::seconds(1));
  return 0;
}
