#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <set>

#include "descriptors.h"
#include "grpc/health/v1/health.pb.h"
#include "polycall/v1/description.pb.h"

namespace polycall::cli {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;

constexpr int64_t kDefaultTimeout = 10'000'000'000;

class FromServer : public Descriptors {
 public:
  FromServer(const Options& options, const Channel& channel) {
    source_ = options.target;
    v1::GetServicesResponse response;
    try {
      const std::string bytes =
          channel.Call("polycall.v1.Description", "GetServices", "",
                       options.timeout_ns > 0 ? options.timeout_ns : kDefaultTimeout);
      if (!response.ParseFromString(bytes)) {
        throw Failure(POLYCALL_INTERNAL, "the server's description is malformed");
      }
    } catch (const Failure& failure) {
      if (failure.code() != POLYCALL_UNIMPLEMENTED) throw;
      throw Failure(ExitCode::kBadInput,
                    "the server at " + options.target +
                        " describes no services; name the .proto file with --proto FILE (and -I "
                        "FOLDER)");
    }
    for (const v1::DescribedService& service : response.services()) AddFiles(service);
    AddBuiltins();
    for (const auto& file : files_) Build(file.first);
    for (const v1::DescribedService& service : response.services()) {
      services_.push_back(
          {service.name(), service.fingerprint(), pool_.FindServiceByName(service.name())});
    }
  }

  const DescriptorPool& pool() const override { return pool_; }

 private:
  // Services share files: the first copy of each name is taken.
  void AddFiles(const v1::DescribedService& service) {
    FileDescriptorSet set;
    if (!set.ParseFromString(service.file_descriptor_set())) {
      throw Failure(POLYCALL_INTERNAL,
                    "the server's description of " + service.name() + " is malformed");
    }
    for (FileDescriptorProto& file : *set.mutable_file()) {
      files_.emplace(file.name(), std::move(file));
    }
  }

  // Servers send no files of their built-in services: we have them.
  void AddBuiltins() {
    for (const google::protobuf::FileDescriptor* file :
         {v1::GetServicesRequest::descriptor()->file(),
          grpc::health::v1::HealthCheckRequest::descriptor()->file()}) {
      FileDescriptorProto proto;
      file->CopyTo(&proto);
      files_.emplace(file->name(), std::move(proto));
    }
  }

  // Imports first. A file that does not build is left out, and what it describes is then "without a
  // description": one bad service does not hide the others.
  void Build(const std::string& name) {
    const auto file = files_.find(name);
    if (file == files_.end() || !begun_.insert(name).second) return;
    for (const std::string& import : file->second.dependency()) Build(import);
    pool_.BuildFileCollectingErrors(file->second, &ignored_);
  }

  class Ignored : public DescriptorPool::ErrorCollector {
   public:
    void AddError(const std::string&, const std::string&, const google::protobuf::Message*,
                  ErrorLocation, const std::string&) override {}
  };

  std::map<std::string, FileDescriptorProto> files_;
  std::set<std::string> begun_;
  Ignored ignored_;
  DescriptorPool pool_;
};

}  // namespace

std::unique_ptr<Descriptors> LoadDescriptorsFromServer(const Options& options,
                                                       const Channel& channel) {
  return std::make_unique<FromServer>(options, channel);
}

}  // namespace polycall::cli
