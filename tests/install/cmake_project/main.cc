// A server and a client from one .proto, against an installed PolyCall.
#include <polycall/cpp.h>

#include <iostream>

#include "greet.polycall.h"

namespace {

using greet::v1::Greeter;
using greet::v1::GreetReply;
using greet::v1::GreetRequest;

class GreeterService final : public Greeter::Service {
 public:
  polycall::Status Greet(polycall::ServerContext& context, const GreetRequest& request,
                         GreetReply* reply) override {
    if (request.name().empty()) {
      return polycall::InvalidArgumentError("nobody to greet");
    }
    reply->set_text("Hello " + request.name() + ", over " + std::string(context.transport()));
    return polycall::OkStatus();
  }

  polycall::Status Spell(polycall::ServerContext&, const GreetRequest& request,
                         polycall::ServerWriter<GreetReply>& writer) override {
    GreetReply reply;
    for (char letter : request.name()) {
      reply.set_text(std::string(1, letter));
      if (!writer.Write(reply)) {
        return polycall::CancelledError();
      }
    }
    return polycall::OkStatus();
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: outside TARGET TRANSPORT\n";
    return 2;
  }
  GreeterService service;
  polycall::Server server;
  auto address = server.Listen(argv[1]);
  if (!address.ok() || !server.AddService(&service).ok() || !server.Start().ok()) {
    std::cerr << "cannot serve: " << address.status().ToString() << "\n";
    return 1;
  }
  auto channel = polycall::Channel::Create(*address, {.transports = {argv[2]}}).value();
  Greeter::Client client(channel);

  GreetRequest request;
  auto refused = client.Greet(request);
  std::cout << "refused: " << refused.status().message() << "\n";

  request.set_name("Ada");
  auto reply = client.Greet(request);
  if (!reply.ok()) {
    std::cerr << reply.status().ToString() << "\n";
    return 1;
  }
  std::cout << reply->text() << "\n";

  auto letters = client.Spell(request);
  for (const GreetReply& letter : letters) {
    std::cout << letter.text() << ".";
  }
  std::cout << "\n";
  return letters.Finish().ok() ? 0 : 1;
}
