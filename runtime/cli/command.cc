#include "command.h"

namespace polycall::cli {

void AddTarget(CLI::App* command, Options* options) {
  command
      ->add_option("TARGET", options->target,
                   "unix:/run/calc.sock, tcp://host:port or host:port (negotiated)")
      ->required();
}

void AddTimeout(CLI::App* command, Options* options, const std::string& what) {
  command
      ->add_option_function<std::string>(
          "-t,--timeout",
          [options](const std::string& text) { options->timeout_ns = ParseDuration(text); }, what)
      ->type_name("TIME");
}

void AddJson(CLI::App* command, Options* options, const std::string& what) {
  command->add_flag("--json", options->json, what);
}

void AddDescriptorSource(CLI::App* command, Options* options) {
  command
      ->add_option("--proto", options->proto_files,
                   "Take the services from this .proto file and do not ask the server (repeatable)")
      ->type_name("FILE")
      ->type_size(1)
      ->allow_extra_args(false);
  command
      ->add_option("-I,--import", options->import_dirs,
                   "Folder in which --proto files and their imports are found (repeatable)")
      ->type_name("FOLDER")
      ->type_size(1)
      ->allow_extra_args(false);
}

}  // namespace polycall::cli
