#include "server/reflection.h"

#include <memory>
#include <set>

#include "base/wire.h"

namespace polycall::server {
namespace {

using base::WireReader;
using base::WireType;

std::string Join(const std::string& scope, std::string_view name) {
  return scope.empty() ? std::string(name) : scope + "." + std::string(name);
}

// Field `field` of a message, the last one; empty if there is none.
std::string_view Text(std::string_view message, uint32_t field) {
  std::string_view text;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.Is(field, WireType::kBytes)) text = reader.bytes();
  }
  return text;
}

// ErrorResponse { int32 error_code = 1; string error_message = 2; }
std::string NotFound(std::string_view what) {
  std::string error;
  base::WireWriter writer(&error);
  writer.AddVarint(1, POLYCALL_NOT_FOUND);
  writer.AddBytes(2, "this server describes no " + std::string(what));
  return error;
}

}  // namespace

void Reflection::Add(std::string_view service, std::string_view file_descriptor_set) {
  services_.emplace_back(service);
  WireReader reader(file_descriptor_set);  // FileDescriptorSet { repeated file = 1; }
  while (reader.Next()) {
    if (reader.Is(1, WireType::kBytes)) AddFile(reader.bytes());
  }
}

// FileDescriptorProto { name = 1; package = 2; dependency = 3; message_type = 4; enum_type = 5;
// service = 6; extension = 7; }. Services share files: the first of each name is taken.
void Reflection::AddFile(std::string_view bytes) {
  const std::string_view name = Text(bytes, 1);
  if (!files_.emplace(name, File{bytes, {}}).second) return;
  const std::string package(Text(bytes, 2));
  File& file = files_[name];
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.type() != WireType::kBytes) continue;
    if (reader.field() == 3) file.dependencies.push_back(reader.bytes());
    if (reader.field() == 4) AddMessage(reader.bytes(), package, name);
    if (reader.field() == 5) AddEnum(reader.bytes(), package, name);
    if (reader.field() == 6) AddService(reader.bytes(), package, name);
    if (reader.field() == 7) AddExtension(reader.bytes(), package, name);
  }
}

// DescriptorProto { name = 1; field = 2; nested_type = 3; enum_type = 4; extension = 6;
// oneof_decl = 8; }
void Reflection::AddMessage(std::string_view bytes, const std::string& scope,
                            std::string_view file) {
  const std::string name = Join(scope, Text(bytes, 1));
  symbols_.emplace(name, file);
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.type() != WireType::kBytes) continue;
    if (reader.field() == 2 || reader.field() == 8) {
      symbols_.emplace(Join(name, Text(reader.bytes(), 1)), file);
    }
    if (reader.field() == 3) AddMessage(reader.bytes(), name, file);
    if (reader.field() == 4) AddEnum(reader.bytes(), name, file);
    if (reader.field() == 6) AddExtension(reader.bytes(), name, file);
  }
}

// EnumDescriptorProto { name = 1; value = 2; }: its values are names of the scope around it.
void Reflection::AddEnum(std::string_view bytes, const std::string& scope, std::string_view file) {
  symbols_.emplace(Join(scope, Text(bytes, 1)), file);
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(2, WireType::kBytes)) {
      symbols_.emplace(Join(scope, Text(reader.bytes(), 1)), file);
    }
  }
}

// ServiceDescriptorProto { name = 1; method = 2; }
void Reflection::AddService(std::string_view bytes, const std::string& scope,
                            std::string_view file) {
  const std::string name = Join(scope, Text(bytes, 1));
  symbols_.emplace(name, file);
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(2, WireType::kBytes)) {
      symbols_.emplace(Join(name, Text(reader.bytes(), 1)), file);
    }
  }
}

// FieldDescriptorProto { name = 1; extendee = 2; number = 3; }
void Reflection::AddExtension(std::string_view bytes, const std::string& scope,
                              std::string_view file) {
  symbols_.emplace(Join(scope, Text(bytes, 1)), file);
  std::string_view extended = Text(bytes, 2);
  if (extended.starts_with('.')) extended.remove_prefix(1);
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.Is(3, WireType::kVarint)) {
      extensions_.emplace(std::pair(std::string(extended), reader.number()), file);
    }
  }
}

std::string Reflection::Files(std::string_view first) const {
  std::string response;
  base::WireWriter writer(&response);
  std::vector<std::string_view> wanted{first};
  std::set<std::string_view> seen{first};
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto file = files_.find(wanted[i]);
    if (file == files_.end()) continue;
    writer.AddBytes(1, file->second.bytes);
    for (const std::string_view dependency : file->second.dependencies) {
      if (seen.insert(dependency).second) wanted.push_back(dependency);
    }
  }
  return response;
}

// ServerReflectionRequest { host = 1; file_by_filename = 3; file_containing_symbol = 4;
// file_containing_extension = 5; all_extension_numbers_of_type = 6; list_services = 7; }
// ServerReflectionResponse { valid_host = 1; original_request = 2; file_descriptor_response = 4;
// all_extension_numbers_response = 5; list_services_response = 6; error_response = 7; }
bool Reflection::Answer(std::string_view request, std::string* response) const {
  base::WireWriter writer(response);
  std::string answer;
  uint32_t kind = 7;
  const auto found = [&](std::string_view file) {
    kind = 4;
    answer = Files(file);
  };
  WireReader reader(request);
  while (reader.Next()) {
    if (reader.type() != WireType::kBytes) continue;
    const std::string_view value = reader.bytes();
    const std::string what(value);
    switch (reader.field()) {
      case 1:
        writer.AddBytes(1, value);
        break;
      case 3:
        if (files_.count(value) != 0) {
          found(value);
        } else {
          answer = NotFound("file \"" + what + "\"");
        }
        break;
      case 4:
        if (const auto it = symbols_.find(value); it != symbols_.end()) {
          found(it->second);
        } else {
          answer = NotFound("symbol \"" + what + "\"");
        }
        break;
      case 5: {  // ExtensionRequest { containing_type = 1; extension_number = 2; }
        uint64_t number = 0;
        WireReader fields(value);
        while (fields.Next()) {
          if (fields.Is(2, WireType::kVarint)) number = fields.number();
        }
        const std::string type(Text(value, 1));
        if (const auto it = extensions_.find({type, number}); it != extensions_.end()) {
          found(it->second);
        } else {
          answer = NotFound("extension " + std::to_string(number) + " of \"" + type + "\"");
        }
        break;
      }
      case 6: {
        if (symbols_.find(value) == symbols_.end()) {
          answer = NotFound("message \"" + what + "\"");
          break;
        }
        kind = 5;
        base::WireWriter numbers(&answer);
        numbers.AddBytes(1, value);
        for (auto it = extensions_.lower_bound({what, 0});
             it != extensions_.end() && it->first.first == what; ++it) {
          numbers.AddVarint(2, it->first.second);
        }
        break;
      }
      case 7: {
        kind = 6;
        base::WireWriter list(&answer);
        for (const std::string& service : services_) {
          std::string entry;
          base::WireWriter(&entry).AddBytes(1, service);
          list.AddMessage(1, entry);
        }
        break;
      }
      default:
        break;
    }
  }
  if (!reader.ok()) return false;
  if (kind == 7 && answer.empty()) answer = NotFound("answer to an empty request");
  writer.AddMessage(2, request);
  writer.AddMessage(kind, answer);
  return true;
}

namespace {

// A conversation: one question after the other. Ends itself with the call.
struct Conversation {
  const Reflection* reflection;
  call::Call* call;  // the handler's reference

  static void Next(void* arg, polycall_code code) {
    auto* self = static_cast<Conversation*>(arg);
    if (code != POLYCALL_OK) return self->End({code, "the caller is gone"});
    self->call->ReceiveAsync(&Conversation::Received, self);
  }
  static void Received(void* arg, polycall_message* request) {
    auto* self = static_cast<Conversation*>(arg);
    if (request == nullptr) return self->End({});
    std::string response;
    if (!self->reflection->Answer(call::BytesOf(*request), &response)) {
      return self->End(
          base::InvalidArgument("the request is no grpc.reflection.v1.ServerReflectionRequest"));
    }
    self->call->SendAsync(call::ViewMessage(response, nullptr), 0, &Conversation::Next, self);
  }
  void End(const base::Status& status) {
    const std::unique_ptr<Conversation> owned(this);
    call->Finish(status, nullptr);
  }
};

}  // namespace

void Reflection::Info(void* reflection, polycall_call* call, const polycall_message*) {
  auto conversation = std::make_unique<Conversation>(
      Conversation{static_cast<const Reflection*>(reflection), call::Call::From(call)});
  Conversation::Next(conversation.release(), POLYCALL_OK);
}

}  // namespace polycall::server
