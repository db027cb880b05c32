#include "codegen/model/build.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "codegen/model/fingerprint.h"
#include "polycall/v1/options.pb.h"

namespace polycall::codegen::model {
namespace {

namespace pb = google::protobuf;

Comment ParseComment(std::string_view text) {
  Comment comment;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    const size_t last = line.find_last_not_of(" \t\r");
    line = last == std::string_view::npos ? std::string_view() : line.substr(0, last + 1);
    comment.lines.emplace_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  while (!comment.lines.empty() && comment.lines.back().empty()) comment.lines.pop_back();
  while (!comment.lines.empty() && comment.lines.front().empty()) {
    comment.lines.erase(comment.lines.begin());
  }
  return comment;
}

template <typename Descriptor>
Comment CommentOf(const Descriptor& descriptor) {
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return {};
  return ParseComment(location.leading_comments.empty() ? location.trailing_comments
                                                        : location.leading_comments);
}

Comment CommentOfFile(const pb::FileDescriptor& file) {
  pb::SourceLocation location;
  const std::vector<int> syntax_line = {pb::FileDescriptorProto::kSyntaxFieldNumber};
  if (!file.GetSourceLocation(syntax_line, &location)) return {};
  return ParseComment(location.leading_comments);
}

void AddWithImports(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>* added,
                    pb::FileDescriptorSet* set) {
  if (!added->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) AddWithImports(*file.dependency(i), added, set);
  file.CopyTo(set->add_file());
}

std::string DescriptorSetOf(const pb::FileDescriptor& file) {
  std::set<const pb::FileDescriptor*> added;
  pb::FileDescriptorSet set;
  AddWithImports(file, &added, &set);
  std::string bytes;
  {
    pb::io::StringOutputStream stream(&bytes);
    pb::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    set.SerializeToCodedStream(&coded);
  }
  return bytes;
}

class Builder {
 public:
  explicit Builder(Model* model) : model_(model) {}

  File* AddFile(const pb::FileDescriptor& descriptor) {
    if (const auto found = files_.find(&descriptor); found != files_.end()) return found->second;
    auto owned = std::make_unique<File>();
    File* file = owned.get();
    files_.emplace(&descriptor, file);
    for (int i = 0; i < descriptor.dependency_count(); ++i) {
      file->imports.push_back(AddFile(*descriptor.dependency(i)));
    }
    for (int i = 0; i < descriptor.public_dependency_count(); ++i) {
      file->public_imports.push_back(AddFile(*descriptor.public_dependency(i)));
    }
    file->name = descriptor.name();
    file->package = descriptor.package();
    file->syntax = descriptor.syntax() == pb::FileDescriptor::SYNTAX_PROTO2 ? Syntax::kProto2
                                                                            : Syntax::kProto3;
    file->cc_generic_services = descriptor.options().cc_generic_services();
    file->java_package = descriptor.options().java_package();
    file->java_outer_classname = descriptor.options().java_outer_classname();
    file->java_multiple_files = descriptor.options().java_multiple_files();
    file->has_extensions = descriptor.extension_count() > 0;
    file->comment = CommentOfFile(descriptor);
    // Types first and their fields afterwards: fields point at types, also in a circle.
    for (int i = 0; i < descriptor.enum_type_count(); ++i) {
      file->enums.push_back(MakeEnum(*descriptor.enum_type(i), file, nullptr));
    }
    for (int i = 0; i < descriptor.message_type_count(); ++i) {
      file->messages.push_back(MakeMessage(*descriptor.message_type(i), file, nullptr));
    }
    for (int i = 0; i < descriptor.message_type_count(); ++i)
      FillFields(*descriptor.message_type(i));
    for (int i = 0; i < descriptor.service_count(); ++i) {
      file->services.push_back(MakeService(*descriptor.service(i), file));
    }
    model_->files.push_back(std::move(owned));
    return file;
  }

 private:
  std::unique_ptr<Enum> MakeEnum(const pb::EnumDescriptor& descriptor, const File* file,
                                 const Message* parent) {
    auto result = std::make_unique<Enum>();
    result->name = descriptor.name();
    result->full_name = descriptor.full_name();
    result->file = file;
    result->parent = parent;
    result->allow_alias = descriptor.options().allow_alias();
    result->comment = CommentOf(descriptor);
    for (int i = 0; i < descriptor.value_count(); ++i) {
      const pb::EnumValueDescriptor& value = *descriptor.value(i);
      result->values.push_back(
          {value.name(), value.number(), value.options().deprecated(), CommentOf(value)});
    }
    enums_.emplace(&descriptor, result.get());
    return result;
  }

  std::unique_ptr<Message> MakeMessage(const pb::Descriptor& descriptor, File* file,
                                       const Message* parent) {
    auto result = std::make_unique<Message>();
    result->name = descriptor.name();
    result->full_name = descriptor.full_name();
    result->file = file;
    result->parent = parent;
    result->map_entry = descriptor.options().map_entry();
    result->deprecated = descriptor.options().deprecated();
    result->extendable = descriptor.extension_range_count() > 0;
    result->comment = CommentOf(descriptor);
    if (descriptor.extension_count() > 0) file->has_extensions = true;
    for (int i = 0; i < descriptor.enum_type_count(); ++i) {
      result->enums.push_back(MakeEnum(*descriptor.enum_type(i), file, result.get()));
    }
    for (int i = 0; i < descriptor.nested_type_count(); ++i) {
      result->messages.push_back(MakeMessage(*descriptor.nested_type(i), file, result.get()));
    }
    messages_.emplace(&descriptor, result.get());
    return result;
  }

  void FillFields(const pb::Descriptor& descriptor) {
    Message* message = messages_.at(&descriptor);
    for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
      auto oneof = std::make_unique<Oneof>();
      oneof->name = descriptor.oneof_decl(i)->name();
      oneof->comment = CommentOf(*descriptor.oneof_decl(i));
      message->oneofs.push_back(std::move(oneof));
    }
    for (int i = 0; i < descriptor.field_count(); ++i) {
      message->fields.push_back(MakeField(*descriptor.field(i), *message));
    }
    // Only now: the vector of fields moves no more.
    for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
      const pb::OneofDescriptor& oneof = *descriptor.oneof_decl(i);
      for (int j = 0; j < oneof.field_count(); ++j) {
        message->oneofs[i]->fields.push_back(&message->fields[oneof.field(j)->index()]);
      }
    }
    for (int i = 0; i < descriptor.nested_type_count(); ++i) FillFields(*descriptor.nested_type(i));
  }

  Field MakeField(const pb::FieldDescriptor& descriptor, const Message& message) {
    Field field;
    field.name = descriptor.name();
    field.json_name = descriptor.json_name();
    field.number = descriptor.number();
    field.type = static_cast<FieldType>(descriptor.type());
    field.packed = descriptor.is_packed();
    field.deprecated = descriptor.options().deprecated();
    field.comment = CommentOf(descriptor);
    if (descriptor.is_repeated()) {
      field.presence = Presence::kRepeated;
    } else if (descriptor.is_required()) {
      field.presence = Presence::kRequired;
    } else {
      field.presence = descriptor.has_presence() ? Presence::kExplicit : Presence::kImplicit;
    }
    if (descriptor.message_type() != nullptr) {
      field.message = messages_.at(descriptor.message_type());
      if (field.type == FieldType::kGroup) messages_.at(descriptor.message_type())->group = true;
    }
    if (descriptor.enum_type() != nullptr) field.enumeration = enums_.at(descriptor.enum_type());
    if (descriptor.real_containing_oneof() != nullptr) {
      field.oneof = message.oneofs[descriptor.real_containing_oneof()->index()].get();
    }
    field.has_default = descriptor.has_default_value();
    if (!descriptor.is_repeated()) FillDefault(descriptor, &field);
    return field;
  }

  static void FillDefault(const pb::FieldDescriptor& descriptor, Field* field) {
    switch (descriptor.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_INT32:
        field->default_integer = descriptor.default_value_int32();
        break;
      case pb::FieldDescriptor::CPPTYPE_INT64:
        field->default_integer = descriptor.default_value_int64();
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        field->default_integer = descriptor.default_value_uint32();
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        field->default_integer = static_cast<int64_t>(descriptor.default_value_uint64());
        break;
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        field->default_integer = descriptor.default_value_bool() ? 1 : 0;
        break;
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        field->default_integer = descriptor.default_value_enum()->number();
        break;
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        field->default_double = descriptor.default_value_float();
        break;
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        field->default_double = descriptor.default_value_double();
        break;
      case pb::FieldDescriptor::CPPTYPE_STRING:
        field->default_string = descriptor.default_value_string();
        break;
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
  }

  std::unique_ptr<Service> MakeService(const pb::ServiceDescriptor& descriptor, const File* file) {
    auto service = std::make_unique<Service>();
    service->name = descriptor.name();
    service->full_name = descriptor.full_name();
    service->file = file;
    service->deprecated = descriptor.options().deprecated();
    service->comment = CommentOf(descriptor);
    for (int i = 0; i < descriptor.method_count(); ++i) {
      service->methods.push_back(MakeMethod(*descriptor.method(i)));
    }
    service->fingerprint = Fingerprint(*service);
    return service;
  }

  Method MakeMethod(const pb::MethodDescriptor& descriptor) {
    Method method;
    method.name = descriptor.name();
    method.kind = static_cast<Kind>((descriptor.client_streaming() ? 1 : 0) |
                                    (descriptor.server_streaming() ? 2 : 0));
    method.request = messages_.at(descriptor.input_type());
    method.response = messages_.at(descriptor.output_type());
    method.deprecated = descriptor.options().deprecated();
    method.comment = CommentOf(descriptor);
    const v1::MethodOptions& options = descriptor.options().GetExtension(v1::method);
    method.idempotent = options.idempotent() || descriptor.options().idempotency_level() !=
                                                    pb::MethodOptions::IDEMPOTENCY_UNKNOWN;
    method.is_inline = options.inline_();
    method.blocking = options.blocking();
    method.default_timeout_ms = options.default_timeout_ms();
    return method;
  }

  Model* model_;
  std::map<const pb::FileDescriptor*, File*> files_;
  std::map<const pb::Descriptor*, Message*> messages_;
  std::map<const pb::EnumDescriptor*, Enum*> enums_;
};

}  // namespace

std::unique_ptr<Model> BuildModel(const std::vector<const pb::FileDescriptor*>& files) {
  auto model = std::make_unique<Model>();
  Builder builder(model.get());
  for (const pb::FileDescriptor* descriptor : files) {
    File* file = builder.AddFile(*descriptor);
    file->to_generate = true;
    file->descriptor_set = DescriptorSetOf(*descriptor);
  }
  return model;
}

}  // namespace polycall::codegen::model
