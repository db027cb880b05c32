// Messages from and to JSON.
#ifndef POLYCALL_CLI_JSON_MESSAGE_H_
#define POLYCALL_CLI_JSON_MESSAGE_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/type_resolver.h>

#include <memory>
#include <string>
#include <string_view>

namespace polycall::cli {

struct JsonStyle {
  bool pretty = false;       // several lines
  bool defaults = false;     // also fields that have their default
  bool proto_names = false;  // foo_bar and not fooBar
};

class JsonCodec {
 public:
  explicit JsonCodec(const google::protobuf::DescriptorPool& pool, JsonStyle style = {});

  // `what` names the text in errors: "the request", "standard input, line 3". Throws Failure (bad
  // input) that points at the place.
  std::string ToBytes(const google::protobuf::Descriptor& type, std::string_view json,
                      const std::string& what) const;
  // Without a newline at the end. Throws Failure (INTERNAL) for bytes that are no such message.
  std::string ToJson(const google::protobuf::Descriptor& type, const std::string& bytes) const;
  // The same on several lines or one, whatever the style.
  std::string ToJson(const google::protobuf::Descriptor& type, const std::string& bytes,
                     bool pretty) const;

 private:
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
  JsonStyle style_;
};

// A message of that type with every field, to show how one is written: {"a": 0, "names": [""]}.
std::string JsonTemplate(const google::protobuf::Descriptor& type);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_JSON_MESSAGE_H_
