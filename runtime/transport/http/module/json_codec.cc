#include "transport/http/module/json_codec.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include <map>
#include <mutex>

namespace polycall::transport::http {
namespace {

namespace pb = google::protobuf;

constexpr char kTypePrefix[] = "type.googleapis.com";

std::string TypeUrl(const pb::Descriptor& type) { return kTypePrefix + ("/" + type.full_name()); }

class Method final : public MethodCodec {
 public:
  Method(pb::util::TypeResolver* resolver, const pb::MethodDescriptor& method)
      : resolver_(resolver),
        request_type_(method.input_type()->full_name()),
        request_url_(TypeUrl(*method.input_type())),
        response_url_(TypeUrl(*method.output_type())),
        no_side_effects_(method.options().idempotency_level() ==
                         pb::MethodOptions::NO_SIDE_EFFECTS) {}

  std::string ToBytes(const std::string& json, std::string* bytes) const override {
    const auto status = pb::util::JsonToBinaryString(resolver_, request_url_, json, bytes);
    return status.ok() ? "" : std::string(status.message());
  }
  std::string ToJson(const std::string& bytes, std::string* json) const override {
    const auto status = pb::util::BinaryToJsonString(resolver_, response_url_, bytes, json);
    return status.ok() ? "" : std::string(status.message());
  }
  const std::string& request_type() const override { return request_type_; }
  bool no_side_effects() const override { return no_side_effects_; }

 private:
  pb::util::TypeResolver* const resolver_;
  const std::string request_type_;
  const std::string request_url_;
  const std::string response_url_;
  const bool no_side_effects_;
};

// The types of one service, in a pool of their own: two services may bring different versions of a file.
struct Types {
  pb::DescriptorPool pool;
  std::unique_ptr<pb::util::TypeResolver> resolver;
  std::map<std::string, std::unique_ptr<Method>, std::less<>> methods;
};

// Files of the pool are looked up when a file that imports them is built, so any order will do but that of
// a file before its imports; bad ones are left out, and their services then know no JSON.
std::unique_ptr<Types> Load(std::string_view set, const std::string& service) {
  auto types = std::make_unique<Types>();
  pb::FileDescriptorSet files;
  if (set.empty() || !files.ParseFromArray(set.data(), static_cast<int>(set.size()))) return types;
  for (const pb::FileDescriptorProto& file : files.file()) {
    if (types->pool.FindFileByName(file.name()) == nullptr) types->pool.BuildFile(file);
  }
  const pb::ServiceDescriptor* found = types->pool.FindServiceByName(service);
  if (found == nullptr) return types;
  types->resolver.reset(pb::util::NewTypeResolverForDescriptorPool(kTypePrefix, &types->pool));
  for (int i = 0; i < found->method_count(); ++i) {
    types->methods[found->method(i)->name()] =
        std::make_unique<Method>(types->resolver.get(), *found->method(i));
  }
  return types;
}

class Codec final : public JsonCodec {
 public:
  explicit Codec(Site* site) : site_(site) {}
  const MethodCodec* Find(const call::MethodSpec& method) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::unique_ptr<Types>& types = services_[method.service];
    if (types == nullptr) types = Load(site_->FileDescriptorSet(method.service), method.service);
    const auto found = types->methods.find(method.method);
    return found != types->methods.end() ? found->second.get() : nullptr;
  }

 private:
  Site* const site_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Types>> services_;
};

}  // namespace

std::unique_ptr<JsonCodec> NewJsonCodec(Site* site) { return std::make_unique<Codec>(site); }

}  // namespace polycall::transport::http
