#include "codegen/haskell/naming.h"

#include <algorithm>
#include <cctype>

#include "codegen/haskell/keywords.h"
#include "codegen/model/names.h"

namespace polycall::codegen::haskell {
namespace {

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
char Upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }

// The value's name without its enum's: COLOUR_RED of Colour is RED.
std::string ShortName(const model::Enum& enumeration, const model::EnumValue& value) {
  const std::string prefix = UpperSnakeCase(enumeration.name) + "_";
  const std::string upper = UpperSnakeCase(value.name);
  if (upper.starts_with(prefix) && upper.size() > prefix.size() && IsLetter(upper[prefix.size()])) {
    return upper.substr(prefix.size());
  }
  return value.name;
}

}  // namespace

std::string UpperCamel(std::string_view name) {
  std::string out;
  bool start = true;
  for (const char c : name) {
    if (!IsWord(c)) {
      start = true;
      continue;
    }
    out += start ? Upper(c) : c;
    start = false;
  }
  if (out.empty() || !IsLetter(out[0])) out.insert(0, "X");
  return out;
}

std::string LowerFirst(std::string_view name) {
  std::string out(name);
  const auto is_upper = [&](size_t i) {
    return i < out.size() && std::isupper(static_cast<unsigned char>(out[i])) != 0;
  };
  // A run of capitals is lowered but for the one that begins the next word.
  for (size_t i = 0; is_upper(i); ++i) {
    const bool begins_word =
        i > 0 && i + 1 < out.size() && !is_upper(i + 1) && IsLetter(out[i + 1]);
    if (begins_word) break;
    out[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[i])));
  }
  return out;
}

std::string ModuleName(std::string_view file_name) {
  if (file_name.ends_with(".proto")) file_name.remove_suffix(6);
  std::string module = "Proto";
  while (true) {
    const size_t slash = file_name.find('/');
    module += "." + UpperCamel(file_name.substr(0, slash));
    if (slash == std::string_view::npos) return module;
    file_name.remove_prefix(slash + 1);
  }
}

bool IsEmitted(const model::Field& field) { return field.type != model::FieldType::kGroup; }

FileNames::FileNames(const model::File& file) {
  taken_values_.insert("fileDescriptors");
  for (const auto& message : file.messages) AddTypes(*message, "");
  for (const auto& enumeration : file.enums) AddType(*enumeration, "");
  for (const auto& message : file.messages) AddMembers(*message);
  for (const auto& enumeration : file.enums) AddEnumValues(*enumeration);
  for (const auto& service : file.services) AddService(*service);
}

std::string FileNames::Take(std::set<std::string>* taken, std::string name) {
  while (IsKeyword(name) || !taken->insert(name).second) name += "_";
  return name;
}

void FileNames::AddTypes(const model::Message& message, const std::string& outer) {
  if (message.map_entry) return;
  std::string name = outer + UpperCamel(message.name);
  while (taken_types_.contains(name) || taken_constructors_.contains(name)) name += "_";
  taken_types_.insert(name);
  taken_constructors_.insert(name);
  messages_[&message] = name;
  for (const auto& nested : message.messages) AddTypes(*nested, name);
  for (const auto& nested : message.enums) AddType(*nested, name);
}

void FileNames::AddType(const model::Enum& enumeration, const std::string& outer) {
  enums_[&enumeration] = Take(&taken_types_, outer + UpperCamel(enumeration.name));
}

void FileNames::AddEnumValues(const model::Enum& enumeration) {
  const std::string& type = enums_.at(&enumeration);
  unrecognized_[&enumeration] = Take(&taken_constructors_, type + "Unrecognized");
  for (const model::EnumValue& value : enumeration.values) {
    const std::string name = UpperCamel(CamelCase(ShortName(enumeration, value)));
    values_[&value] = Take(&taken_constructors_, type + name);
  }
}

void FileNames::AddMembers(const model::Message& message) {
  if (message.map_entry) return;
  const std::string& type = messages_.at(&message);
  const std::string prefix = LowerFirst(type);
  for (const auto& oneof : message.oneofs) {
    oneof_types_[oneof.get()] = Take(&taken_types_, type + UpperCamel(oneof->name));
  }
  for (const model::Field& field : message.fields) {
    if (field.oneof == nullptr) {
      fields_[&field] = Take(&taken_values_, prefix + UpperCamel(field.name));
    } else {
      const std::string& oneof_type = oneof_types_.at(field.oneof);
      members_[&field] = Take(&taken_constructors_, oneof_type + UpperCamel(field.name));
    }
  }
  for (const auto& oneof : message.oneofs) {
    oneofs_[oneof.get()] = Take(&taken_values_, prefix + UpperCamel(oneof->name));
  }
  unknown_[&message] = Take(&taken_values_, prefix + "UnknownFields");
  for (const auto& nested : message.messages) AddMembers(*nested);
  for (const auto& nested : message.enums) AddEnumValues(*nested);
}

void FileNames::AddService(const model::Service& service) {
  const std::string upper = UpperCamel(service.name);
  const std::string lower = LowerFirst(upper);
  ServiceNames names;
  const auto type = [&](std::string name) {
    while (taken_types_.contains(name) || taken_constructors_.contains(name)) name += "_";
    taken_types_.insert(name);
    taken_constructors_.insert(name);
    return name;
  };
  names.handlers = type(upper + "Handlers");
  names.client = type(upper + "Client");
  // The calls come first, so that no helper takes the name of an rpc.
  for (const model::Method& method : service.methods) {
    MethodNames functions;
    functions.call = Take(&taken_values_, lower + UpperCamel(method.name));
    names.methods.push_back(functions);
  }
  for (MethodNames& functions : names.methods) {
    functions.or_throw = Take(&taken_values_, functions.call + "OrThrow");
    functions.handler = Take(&taken_values_, functions.call + "Handler");
    names.members.push_back(Take(&taken_values_, functions.call + "Method"));
  }
  names.descriptor = Take(&taken_values_, lower + "Service");
  names.defaults = Take(&taken_values_, lower + "Handlers");
  names.serve = Take(&taken_values_, "serve" + upper);
  names.new_client = Take(&taken_values_, "new" + upper + "Client");
  services_[&service] = std::move(names);
}

std::string FileNames::Beside(const model::Field& field, const std::string& suffix) {
  const std::string wanted = fields_.at(&field) + suffix;
  const auto known = beside_.find(wanted);
  if (known != beside_.end()) return known->second;
  return beside_[wanted] = Take(&taken_values_, wanted);
}

FileNames& Names::Of(const model::File& file) {
  std::unique_ptr<FileNames>& names = files_[&file];
  if (names == nullptr) names = std::make_unique<FileNames>(file);
  return *names;
}

std::string Names::Qualified(const model::File& file, const std::string& name) const {
  return &file == file_ ? name : ModuleName(file.name) + "." + name;
}

std::string Names::Type(const model::Message& message) {
  return Qualified(*message.file, Of(*message.file).Type(message));
}

std::string Names::Type(const model::Enum& enumeration) {
  return Qualified(*enumeration.file, Of(*enumeration.file).Type(enumeration));
}

std::string Names::Value(const model::Enum& enumeration, int64_t number) {
  const FileNames& names = Of(*enumeration.file);
  for (const model::EnumValue& value : enumeration.values) {
    if (value.number == number) return Qualified(*enumeration.file, names.Value(value));
  }
  return "(" + Qualified(*enumeration.file, names.Unrecognized(enumeration)) + " (" +
         std::to_string(number) + "))";
}

}  // namespace polycall::codegen::haskell
