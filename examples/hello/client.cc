#include <iostream>

#include "hello.polycall.h"

int main(int argc, char** argv) {
  auto channel = polycall::Channel::Create(argc > 1 ? argv[1] : "unix:/tmp/hello.sock");
  if (!channel.ok()) {
    std::cerr << channel.status().ToString() << "\n";
    return 1;
  }
  hello::v1::Greeter::Client greeter(*channel);

  hello::v1::Person person;
  person.set_name("Ada");
  auto greeting = greeter.Greet(person, {.timeout = std::chrono::seconds(1)});
  if (!greeting.ok()) {
    std::cerr << greeting.status().ToString() << "\n";
    return 1;
  }
  std::cout << greeting->text() << "\n";

  auto stream = greeter.GreetAll();
  for (const char* name : {"Grace", "Mary"}) {
    person.set_name(name);
    stream.Write(person);
  }
  stream.WritesDone();
  for (const hello::v1::Greeting& each : stream) {
    std::cout << each.text() << "\n";
  }
  return stream.Finish().ok() ? 0 : 1;
}
