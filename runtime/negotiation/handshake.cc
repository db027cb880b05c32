#include "negotiation/handshake.h"

#include "base/wire.h"

namespace polycall::negotiation {
namespace {

using base::WireReader;
using base::WireType;
using base::WireWriter;

// proto3: a default is not sent.
void AddNumber(WireWriter* writer, uint32_t field, uint64_t value) {
  if (value != 0) writer->AddVarint(field, value);
}

void AddText(WireWriter* writer, uint32_t field, std::string_view value) {
  if (!value.empty()) writer->AddBytes(field, value);
}

void AddTexts(WireWriter* writer, uint32_t field, const std::vector<std::string>& values) {
  for (const std::string& value : values) writer->AddBytes(field, value);
}

std::string EncodeLimits(const Limits& limits) {
  std::string out;
  WireWriter writer(&out);
  AddNumber(&writer, 1, limits.max_message_size);
  AddNumber(&writer, 2, limits.max_metadata_size);
  AddNumber(&writer, 3, limits.max_calls);
  AddNumber(&writer, 4, limits.call_window);
  AddNumber(&writer, 5, limits.connection_window);
  return out;
}

std::string EncodeHost(const HostIdentity& host) {
  std::string out;
  WireWriter writer(&out);
  AddText(&writer, 1, host.boot_id);
  AddText(&writer, 2, host.process);
  AddNumber(&writer, 3, host.network_namespace);
  AddNumber(&writer, 4, host.uid);
  return out;
}

std::string EncodeOffer(const Offer& offer) {
  std::string out;
  WireWriter writer(&out);
  AddText(&writer, 1, offer.transport);
  AddText(&writer, 2, offer.address);
  return out;
}

std::string EncodeMethod(const MethodInfo& method) {
  std::string out;
  WireWriter writer(&out);
  AddText(&writer, 1, method.name);
  // Enums travel as 64-bit varints: a negative one would take ten bytes, as protobuf's does.
  AddNumber(&writer, 2, static_cast<uint64_t>(static_cast<int64_t>(method.kind)));
  AddNumber(&writer, 3, method.flags);
  return out;
}

std::string EncodeService(const ServiceInfo& service) {
  std::string out;
  WireWriter writer(&out);
  AddText(&writer, 1, service.name);
  if (service.fingerprint != 0) writer.AddFixed64(2, service.fingerprint);
  for (const MethodInfo& method : service.methods) writer.AddMessage(3, EncodeMethod(method));
  return out;
}

// Decodes one message: the walk, and where an error is. `path` is the field's place for messages,
// as "Accept.services"; errors of nested messages are reported at it.
class Decoder {
 public:
  Decoder(std::string_view bytes, std::string_view path, std::string* error)
      : reader_(bytes), path_(path), error_(error) {}

  bool Next() { return !failed_ && reader_.Next(); }

  bool IsNumber(uint32_t field) const { return reader_.Is(field, WireType::kVarint); }
  bool IsFixed64(uint32_t field) const { return reader_.Is(field, WireType::kFixed64); }
  bool IsBytes(uint32_t field) const { return reader_.Is(field, WireType::kBytes); }

  uint64_t number() const { return reader_.number(); }
  uint32_t number32() const { return static_cast<uint32_t>(reader_.number()); }
  std::string_view bytes() const { return reader_.bytes(); }

  void Text(std::string_view name, std::string* out) {
    if (bytes().size() > kMaxStringSize) {
      Fail(name, "longer than " + std::to_string(kMaxStringSize) + " bytes");
    } else if (!base::IsUtf8(bytes())) {
      Fail(name, "not UTF-8");
    } else {
      out->assign(bytes());
    }
  }

  // Makes room for one more entry of a list; nullptr when the bound is met.
  template <typename T>
  T* Append(std::string_view name, std::vector<T>* list, size_t bound) {
    if (list->size() >= bound) {
      Fail(name, "more than " + std::to_string(bound) + " entries");
      return nullptr;
    }
    return &list->emplace_back();
  }

  void Texts(std::string_view name, std::vector<std::string>* list) {
    if (std::string* entry = Append(name, list, kMaxListSize)) Text(name, entry);
  }

  void Fail(std::string_view name, std::string_view what) {
    failed_ = true;
    error_->assign(path_).append(".").append(name).append(": ").append(what);
  }

  // A nested decode failed and has filled the error.
  void Fail() { failed_ = true; }

  std::string Path(std::string_view name) const {
    return std::string(path_).append(".").append(name);
  }

  std::string* error() const { return error_; }

  bool Finish() {
    if (failed_) return false;
    if (reader_.ok()) return true;
    error_->assign(path_).append(": malformed protobuf at byte ");
    error_->append(std::to_string(reader_.position())).append(": ").append(reader_.error());
    return false;
  }

 private:
  WireReader reader_;
  std::string_view path_;
  std::string* error_;
  bool failed_ = false;
};

bool DecodeLimits(std::string_view bytes, std::string_view path, Limits* out, std::string* error) {
  Decoder in(bytes, path, error);
  while (in.Next()) {
    if (in.IsNumber(1)) out->max_message_size = in.number();
    if (in.IsNumber(2)) out->max_metadata_size = in.number32();
    if (in.IsNumber(3)) out->max_calls = in.number32();
    if (in.IsNumber(4)) out->call_window = in.number32();
    if (in.IsNumber(5)) out->connection_window = in.number32();
  }
  return in.Finish();
}

bool DecodeHost(std::string_view bytes, std::string_view path, HostIdentity* out,
                std::string* error) {
  Decoder in(bytes, path, error);
  while (in.Next()) {
    if (in.IsBytes(1)) in.Text("boot_id", &out->boot_id);
    if (in.IsBytes(2)) in.Text("process", &out->process);
    if (in.IsNumber(3)) out->network_namespace = in.number();
    if (in.IsNumber(4)) out->uid = in.number32();
  }
  return in.Finish();
}

bool DecodeOffer(std::string_view bytes, std::string_view path, Offer* out, std::string* error) {
  Decoder in(bytes, path, error);
  while (in.Next()) {
    if (in.IsBytes(1)) in.Text("transport", &out->transport);
    if (in.IsBytes(2)) in.Text("address", &out->address);
  }
  return in.Finish();
}

bool DecodeMethod(std::string_view bytes, std::string_view path, MethodInfo* out,
                  std::string* error) {
  Decoder in(bytes, path, error);
  while (in.Next()) {
    if (in.IsBytes(1)) in.Text("name", &out->name);
    if (in.IsNumber(2)) out->kind = static_cast<int32_t>(in.number32());
    if (in.IsNumber(3)) out->flags = in.number32();
  }
  return in.Finish();
}

// `methods_left` bounds the methods of all services together.
bool DecodeService(std::string_view bytes, std::string_view path, size_t* methods_left,
                   ServiceInfo* out, std::string* error) {
  Decoder in(bytes, path, error);
  while (in.Next()) {
    if (in.IsBytes(1)) in.Text("name", &out->name);
    if (in.IsFixed64(2)) out->fingerprint = in.number();
    if (in.IsBytes(3)) {
      if (*methods_left == 0) {
        in.Fail("methods", "more than " + std::to_string(kMaxMethods) + " in all services");
      } else {
        --*methods_left;
        MethodInfo* method = &out->methods.emplace_back();
        if (!DecodeMethod(in.bytes(), in.Path("methods"), method, error)) in.Fail();
      }
    }
  }
  return in.Finish();
}

void AppendService(Decoder* in, size_t* methods_left, std::vector<ServiceInfo>* services) {
  ServiceInfo* service = in->Append("services", services, kMaxServices);
  if (service == nullptr) return;
  if (!DecodeService(in->bytes(), in->Path("services"), methods_left, service, in->error())) {
    in->Fail();
  }
}

}  // namespace

std::string Encode(const Hello& hello) {
  std::string out;
  WireWriter writer(&out);
  AddNumber(&writer, 1, hello.min_version);
  AddNumber(&writer, 2, hello.max_version);
  writer.AddMessage(3, EncodeLimits(hello.limits));
  AddTexts(&writer, 4, hello.features);
  AddText(&writer, 5, hello.user_agent);
  writer.AddMessage(6, EncodeHost(hello.host));
  AddTexts(&writer, 7, hello.transports);
  AddTexts(&writer, 8, hello.compressions);
  for (const ServiceInfo& service : hello.services) writer.AddMessage(9, EncodeService(service));
  return out;
}

std::string Encode(const Accept& accept) {
  std::string out;
  WireWriter writer(&out);
  AddNumber(&writer, 1, accept.version);
  writer.AddMessage(2, EncodeLimits(accept.limits));
  AddTexts(&writer, 3, accept.features);
  AddText(&writer, 4, accept.server_name);
  writer.AddMessage(5, EncodeHost(accept.host));
  for (const Offer& offer : accept.offers) writer.AddMessage(6, EncodeOffer(offer));
  AddText(&writer, 7, accept.compression);
  for (const ServiceInfo& service : accept.services) writer.AddMessage(8, EncodeService(service));
  return out;
}

// A message field that comes twice is merged, as protobuf does: the nested decoders overwrite only
// the fields that they meet.
bool Decode(std::string_view bytes, Hello* hello, std::string* error) {
  *hello = Hello();
  size_t methods_left = kMaxMethods;
  Decoder in(bytes, "Hello", error);
  while (in.Next()) {
    if (in.IsNumber(1)) hello->min_version = in.number32();
    if (in.IsNumber(2)) hello->max_version = in.number32();
    if (in.IsBytes(3) && !DecodeLimits(in.bytes(), "Hello.limits", &hello->limits, error)) {
      in.Fail();
    }
    if (in.IsBytes(4)) in.Texts("features", &hello->features);
    if (in.IsBytes(5)) in.Text("user_agent", &hello->user_agent);
    if (in.IsBytes(6) && !DecodeHost(in.bytes(), "Hello.host", &hello->host, error)) in.Fail();
    if (in.IsBytes(7)) in.Texts("transports", &hello->transports);
    if (in.IsBytes(8)) in.Texts("compressions", &hello->compressions);
    if (in.IsBytes(9)) AppendService(&in, &methods_left, &hello->services);
  }
  return in.Finish();
}

bool Decode(std::string_view bytes, Accept* accept, std::string* error) {
  *accept = Accept();
  size_t methods_left = kMaxMethods;
  Decoder in(bytes, "Accept", error);
  while (in.Next()) {
    if (in.IsNumber(1)) accept->version = in.number32();
    if (in.IsBytes(2) && !DecodeLimits(in.bytes(), "Accept.limits", &accept->limits, error)) {
      in.Fail();
    }
    if (in.IsBytes(3)) in.Texts("features", &accept->features);
    if (in.IsBytes(4)) in.Text("server_name", &accept->server_name);
    if (in.IsBytes(5) && !DecodeHost(in.bytes(), "Accept.host", &accept->host, error)) in.Fail();
    if (in.IsBytes(6)) {
      Offer* offer = in.Append("offers", &accept->offers, kMaxListSize);
      if (offer != nullptr && !DecodeOffer(in.bytes(), "Accept.offers", offer, error)) in.Fail();
    }
    if (in.IsBytes(7)) in.Text("compression", &accept->compression);
    if (in.IsBytes(8)) AppendService(&in, &methods_left, &accept->services);
  }
  return in.Finish();
}

bool IsSameProcess(const HostIdentity& a, const HostIdentity& b) {
  return !a.process.empty() && a.process == b.process && a.boot_id == b.boot_id;
}

bool IsSameHost(const HostIdentity& a, const HostIdentity& b) {
  return !a.boot_id.empty() && a.boot_id == b.boot_id;
}

bool IsSameNetwork(const HostIdentity& a, const HostIdentity& b) {
  return IsSameHost(a, b) && a.network_namespace != 0 && a.network_namespace == b.network_namespace;
}

}  // namespace polycall::negotiation
