#include "codegen/model/model.h"

namespace polycall::codegen::model {

bool Field::is_map() const { return repeated() && message != nullptr && message->map_entry; }

const Field& Field::map_key() const { return message->fields[0]; }

const Field& Field::map_value() const { return message->fields[1]; }

uint32_t Method::flags() const {
  // The numbers of polycall.h, repeated here because the generator does not include the runtime;
  // every emitter's generated code compiles against the header and so against its meaning.
  constexpr uint32_t kIdempotent = 1;
  constexpr uint32_t kInline = 2;
  constexpr uint32_t kBlocking = 4;
  return (idempotent ? kIdempotent : 0) | (is_inline ? kInline : 0) | (blocking ? kBlocking : 0);
}

std::string File::base_name() const {
  constexpr std::string_view kSuffix = ".proto";
  if (name.size() > kSuffix.size() &&
      name.compare(name.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0) {
    return name.substr(0, name.size() - kSuffix.size());
  }
  return name;
}

const File* Model::Find(const std::string& name) const {
  for (const auto& file : files) {
    if (file->name == name) return file.get();
  }
  return nullptr;
}

}  // namespace polycall::codegen::model
