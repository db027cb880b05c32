#include "tls_files.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace polycall::testing_tls {

TlsFiles::TlsFiles() {
  char path[] = "/tmp/polycall-tls-XXXXXX";
  if (mkdtemp(path) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  folder_ = path;
  cli::CertificateRequest request;
  request.common_name = "Test authority";
  request.authority = true;
  request.ends_s = kDay;
  authority_ = cli::MakeCertificate(request, nullptr);
  Write("ca.pem", authority_.certificate);
}

TlsFiles::~TlsFiles() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

cli::CertificateRequest TlsFiles::Usual(const std::string& name) {
  cli::CertificateRequest request;
  request.common_name = name;
  request.names = {"DNS:localhost", "IP:127.0.0.1", "DNS:" + name + ".example"};
  request.ends_s = kDay;
  return request;
}

void TlsFiles::Make(const std::string& name, const cli::CertificateRequest& request) {
  const cli::Certificate made = cli::MakeCertificate(request, &authority_);
  Write(name + ".pem", made.certificate);
  Write(name + ".key.pem", made.key);
}

// As a tool would replace it: whole, under its name at once.
void TlsFiles::Write(const std::string& file, const std::string& text) {
  const std::string path = Path(file);
  std::ofstream(path + ".new") << text;
  std::filesystem::rename(path + ".new", path);
}

polycall_tls_options TlsSettings::Abi() const {
  const auto text = [](const std::string& from) { return from.empty() ? nullptr : from.c_str(); };
  polycall_tls_options options = POLYCALL_TLS_OPTIONS_INIT;
  options.ca_file = text(ca_file);
  options.certificate_file = text(certificate_file);
  options.key_file = text(key_file);
  options.server_name = text(server_name);
  options.flags = flags;
  return options;
}

TlsSettings ServerTls(const TlsFiles& files, const std::string& name, bool mutual) {
  TlsSettings settings;
  settings.certificate_file = files.certificate(name);
  settings.key_file = files.key(name);
  if (mutual) {
    settings.ca_file = files.authority();
    settings.flags = POLYCALL_TLS_REQUIRE_CLIENT_CERTIFICATE;
  }
  return settings;
}

TlsSettings ClientTls(const TlsFiles& files, const std::string& name) {
  TlsSettings settings;
  settings.ca_file = files.authority();
  if (!name.empty()) {
    settings.certificate_file = files.certificate(name);
    settings.key_file = files.key(name);
  }
  return settings;
}

const TlsFiles& SharedTlsFiles() {
  static const TlsFiles& files = []() -> const TlsFiles& {
    static TlsFiles made;
    made.Make("server");
    return made;
  }();
  return files;
}

}  // namespace polycall::testing_tls
