// polycall certs --out FOLDER
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arpa/inet.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "certificates.h"
#include "command.h"
#include "failure.h"
#include "json_text.h"
#include "output.h"

namespace polycall::cli {
namespace {

constexpr int64_t kDay = 24 * 3600;
constexpr int64_t kAuthorityDays = 3650;

struct CertsOptions {
  std::string out;
  std::vector<std::string> names;
  std::vector<std::string> clients;
  int days = 90;
  bool force = false;
};

// "calc.example" is a DNS name, "10.0.0.7" an address; what says its kind is taken as it is.
std::string Named(const std::string& name) {
  for (const char* kind : {"DNS:", "IP:", "URI:", "EMAIL:"}) {
    if (name.starts_with(kind)) return name;
  }
  if (name.find("://") != std::string::npos) return "URI:" + name;
  unsigned char address[sizeof(in6_addr)];
  const bool numeric = inet_pton(AF_INET, name.c_str(), address) == 1 ||
                       inet_pton(AF_INET6, name.c_str(), address) == 1;
  return (numeric ? "IP:" : "DNS:") + name;
}

[[noreturn]] void FailFile(const std::string& path, const char* what) {
  const std::string why = strerror(errno);
  throw Failure(ExitCode::kFailure, std::string("cannot ") + what + " " + path + ": " + why);
}

// Whole or not at all, and nobody but the owner ever reads a key.
void WriteFile(const std::string& path, const std::string& text, mode_t mode) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());
  const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) FailFile(fresh, "write");
  const ssize_t written = write(fd, text.data(), text.size());
  const bool kept = written == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!kept || rename(fresh.c_str(), path.c_str()) != 0) FailFile(path, "write");
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What a file of this folder is called.
std::string FileName(const std::string& name) {
  if (name.empty() || name == "ca" || name.find('/') != std::string::npos || name[0] == '.') {
    throw Failure(
        ExitCode::kUsage,
        "--client " + name + ": it names a file; use letters, digits and dots, not \"ca\"");
  }
  return name;
}

class Folder {
 public:
  Folder(std::string path, bool force, bool json)
      : path_(std::move(path)), force_(force), json_(json) {
    std::error_code error;
    std::filesystem::create_directories(path_, error);
    if (error) {
      throw Failure(ExitCode::kFailure, "cannot make " + path_ + ": " + error.message());
    }
  }
  std::string certificate(const std::string& name) const { return path_ + "/" + name + ".pem"; }
  std::string key(const std::string& name) const { return path_ + "/" + name + ".key.pem"; }

  void CheckFree(const std::string& name) const {
    for (const std::string& path : {certificate(name), key(name)}) {
      if (!force_ && std::filesystem::exists(path)) {
        throw Failure(ExitCode::kFailure,
                      path + " exists already; choose another folder, or --force to replace it");
      }
    }
  }
  void Write(const std::string& name, const Certificate& made) {
    WriteFile(key(name), made.key, 0600);
    WriteFile(certificate(name), made.certificate, 0644);
    Tell("wrote " + certificate(name) + " and " + key(name));
    written_ += (written_.empty() ? "" : ",") + std::string("{\"certificate\":") +
                JsonQuote(certificate(name)) + ",\"key\":" + JsonQuote(key(name)) + "}";
  }
  // The authority that is here, or a new one.
  Certificate Authority() {
    if (std::filesystem::exists(certificate("ca")) && std::filesystem::exists(key("ca"))) {
      Tell("signed by " + certificate("ca") + ", which was there");
      return {ReadFile(certificate("ca")), ReadFile(key("ca"))};
    }
    CheckFree("ca");
    CertificateRequest request;
    request.common_name = "PolyCall development authority";
    request.authority = true;
    request.ends_s = kAuthorityDays * kDay;
    Certificate made = MakeCertificate(request, nullptr);
    Write("ca", made);
    return made;
  }

  // All that was done, for a program.
  void TellJson() const {
    if (!json_) return;
    PrintLine("{\"authority\":" + JsonQuote(certificate("ca")) + ",\"written\":[" + written_ +
              "]}");
  }

 private:
  void Tell(const std::string& line) const {
    if (!json_) PrintLine(line);
  }

  const std::string path_;
  const bool force_;
  const bool json_;
  std::string written_;  // entries of a JSON array
};

void MakeCertificates(const CertsOptions& options, bool json) {
  Folder folder(options.out, options.force, json);
  folder.CheckFree("server");
  for (const std::string& client : options.clients) folder.CheckFree(FileName(client));
  try {
    const Certificate authority = folder.Authority();
    CertificateRequest server;
    server.ends_s = options.days * kDay;
    for (const std::string& name : options.names) server.names.push_back(Named(name));
    if (server.names.empty()) server.names = {"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
    server.common_name = options.names.empty() ? "localhost" : options.names[0];
    folder.Write("server", MakeCertificate(server, &authority));
    for (const std::string& client : options.clients) {
      CertificateRequest request;
      request.common_name = client;
      request.names = {"DNS:" + client};
      request.server = false;
      request.ends_s = options.days * kDay;
      folder.Write(client, MakeCertificate(request, &authority));
    }
    folder.TellJson();
  } catch (const std::runtime_error& error) {
    throw Failure(ExitCode::kUsage, error.what());
  }
}

}  // namespace

void AddCertsCommand(CLI::App* app, Options* options, Run* run) {
  CLI::App* command = app->add_subcommand(
      "certs",
      "Makes an authority for development and certificates by it: ca.pem, server.pem and its key,\n"
      "and for each --client NAME NAME.pem and its key");
  auto wanted = std::make_shared<CertsOptions>();
  command->add_option("--out", wanted->out, "Folder for the files; made if it is not there")
      ->required()
      ->type_name("FOLDER");
  command
      ->add_option("--name", wanted->names,
                   "A name or address of the server (repeatable; default: localhost, 127.0.0.1 "
                   "and ::1)")
      ->type_name("NAME")
      ->type_size(1)
      ->allow_extra_args(false);
  command
      ->add_option("--client", wanted->clients,
                   "A certificate for a caller of this name too (repeatable)")
      ->type_name("NAME")
      ->type_size(1)
      ->allow_extra_args(false);
  command->add_option("--days", wanted->days, "How long they are valid (default: 90)")
      ->check(CLI::Range(1, 3650))
      ->type_name("N");
  command->add_flag("--force", wanted->force, "Replace the server's and the callers' files");
  AddJson(command, options, "One JSON object: the authority's file, and the files written");
  command->callback([=] { *run = [=] { MakeCertificates(*wanted, options->json); }; });
}

}  // namespace polycall::cli
