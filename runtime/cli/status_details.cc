#include "status_details.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "base64.h"
#include "failure.h"
#include "json_message.h"
#include "json_text.h"

namespace polycall::cli {
namespace {

using google::protobuf::UnknownField;

constexpr int kDetailsField = 3;  // repeated google.protobuf.Any details of google.rpc.Status

std::string AnyToJson(const google::protobuf::Any& any,
                      const google::protobuf::DescriptorPool& pool) {
  const std::string& url = any.type_url();
  const auto* type = pool.FindMessageTypeByName(url.substr(url.rfind('/') + 1));
  if (type != nullptr) {
    try {
      const std::string fields = JsonCodec(pool).ToJson(*type, any.value());
      return "{\"@type\":" + JsonQuote(url) + (fields == "{}" ? "}" : "," + fields.substr(1));
    } catch (const Failure&) {
      // Not what its type says: shown as bytes.
    }
  }
  return "{\"@type\":" + JsonQuote(url) + ",\"base64\":" + JsonQuote(EncodeBase64(any.value())) +
         "}";
}

}  // namespace

std::vector<std::string> DetailsToJson(std::string_view details,
                                       const google::protobuf::DescriptorPool& pool) {
  if (details.empty()) return {};
  google::protobuf::UnknownFieldSet status;
  std::vector<std::string> texts;
  bool ok = status.ParseFromArray(details.data(), static_cast<int>(details.size()));
  for (int i = 0; ok && i < status.field_count(); ++i) {
    const UnknownField& field = status.field(i);
    if (field.number() != kDetailsField || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) {
      continue;
    }
    google::protobuf::Any any;
    ok = any.ParseFromString(field.length_delimited());
    if (ok) texts.push_back(AnyToJson(any, pool));
  }
  if (!ok) return {"{\"base64\":" + JsonQuote(EncodeBase64(details)) + "}"};
  return texts;
}

}  // namespace polycall::cli
