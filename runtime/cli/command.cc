#include "command.h"

namespace polycall::cli {

void AddTarget(CLI::App* command, Options* options) {
  command
      ->add_option(
          "TARGET", options->target,
          "unix:/run/calc.sock, tcp://host:port, tls://host:port or host:port (negotiated)")
      ->required();
  AddTls(command, options);
}

void AddTls(CLI::App* command, Options* options) {
  command
      ->add_option("--tls-ca", options->tls_ca,
                   "tls:// and grpcs://: the authority to trust (default: the system's)")
      ->type_name("FILE");
  CLI::Option* certificate =
      command->add_option("--tls-cert", options->tls_certificate, "Our certificate")
          ->type_name("FILE");
  CLI::Option* key =
      command->add_option("--tls-key", options->tls_key, "Its key")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  command
      ->add_option("--tls-name", options->tls_name,
                   "The name to find in the server's certificate (default: the target's host)")
      ->type_name("NAME");
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
