// JsonCodec: messages of a server's methods as JSON, by the .proto files that its services brought along.
#ifndef POLYCALL_TRANSPORT_HTTP_MODULE_JSON_CODEC_H_
#define POLYCALL_TRANSPORT_HTTP_MODULE_JSON_CODEC_H_

#include <memory>
#include <string>
#include <string_view>

#include "transport/http/http_module.h"

namespace polycall::transport::http {

// Of one method. Immutable; thread-safe.
class MethodCodec {
 public:
  virtual ~MethodCodec() = default;
  // Empty: done. Else what is wrong.
  virtual std::string ToBytes(const std::string& json, std::string* bytes) const = 0;
  virtual std::string ToJson(const std::string& bytes, std::string* json) const = 0;
  virtual const std::string& request_type() const = 0;
  // Its .proto says idempotency_level = NO_SIDE_EFFECTS.
  virtual bool no_side_effects() const = 0;
};

// Thread-safe.
class JsonCodec {
 public:
  virtual ~JsonCodec() = default;
  // NULL: the server does not know the types of this method. Lives as long as the codec.
  virtual const MethodCodec* Find(const call::MethodSpec& method) = 0;
};

std::unique_ptr<JsonCodec> NewJsonCodec(Site* site);

}  // namespace polycall::transport::http

#endif  // POLYCALL_TRANSPORT_HTTP_MODULE_JSON_CODEC_H_
