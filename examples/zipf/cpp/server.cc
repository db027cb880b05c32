// Serves Ranker:  ranker_server TARGET...
//
// Prints "listening ADDRESS" for each target, then serves until its standard input ends.
#include <iostream>

#include "ranker.h"

int main(int argc, char** argv) {
  RankerService service;
  polycall::Server server;
  polycall::Status status = server.AddService(&service);
  for (int i = 1; status.ok() && i < argc; ++i) {
    auto address = server.Listen(argv[i]);
    status = address.status();
    if (address.ok()) {
      std::cout << "listening " << *address << "\n";
    }
  }
  if (status.ok()) {
    status = server.Start();
  }
  if (!status.ok()) {
    std::cerr << "ranker_server: " << status.ToString() << "\n";
    return 1;
  }
  std::cout.flush();
  while (std::cin.get() != std::istream::traits_type::eof()) {
  }
  server.Shutdown(std::chrono::seconds(1));
  return 0;
}
