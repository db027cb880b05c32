#include "codegen/c/naming.h"

#include <algorithm>
#include <utility>

#include "codegen/c/keywords.h"
#include "codegen/model/names.h"

namespace polycall::codegen::c {
namespace {

// Takes `name` out of a set of taken ones, with underscores appended until it is free.
std::string Unique(std::string name, std::set<std::string>* taken) {
  while (IsReserved(name) || !taken->insert(name).second) name += "_";
  return name;
}

MemberNames NameMembers(const model::Message& message) {
  MemberNames names;
  std::set<std::string> taken = {"unknown_fields_"};
  for (const model::Field& field : message.fields) {
    // A oneof's members stand in a union of their own; taking their names here too costs nothing.
    if (IsEmitted(field)) names.field[&field] = Unique(field.name, &taken);
  }
  for (const auto& oneof : message.oneofs) names.oneof[oneof.get()] = Unique(oneof->name, &taken);
  for (const auto& oneof : message.oneofs) {
    names.oneof_case[oneof.get()] = Unique(oneof->name + "_case", &taken);
  }
  for (const model::Field& field : message.fields) {
    if (HasFlag(field)) names.has[&field] = Unique("has_" + field.name, &taken);
  }
  return names;
}

// As a constant is spelled. A name that is upper-case already stays: "COLOR_2D", not "COLOR_2_D".
std::string UpperCase(const std::string& name) {
  const bool has_lower =
      std::any_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return has_lower ? UpperSnakeCase(name) : name;
}

// "COLOR_RED" of Color, or "RED": both are "RED" behind the enum's own prefix.
std::string ShortValueName(const model::Enum& enumeration, const model::EnumValue& value) {
  const std::string prefix = UpperSnakeCase(enumeration.name) + "_";
  const std::string name = UpperCase(value.name);
  return name.size() > prefix.size() && name.starts_with(prefix) ? name.substr(prefix.size())
                                                                 : name;
}

}  // namespace

bool IsEmitted(const model::Field& field) { return field.type != model::FieldType::kGroup; }

bool HasFlag(const model::Field& field) {
  return IsEmitted(field) && field.type != model::FieldType::kMessage && field.oneof == nullptr &&
         (field.presence == model::Presence::kExplicit ||
          field.presence == model::Presence::kRequired);
}

std::string Flat(std::string_view full_name) { return Replace(full_name, ".", "_"); }

FileNames::FileNames(const model::File& file) {
  for (const auto& message : file.messages) AddMessage(*message);
  for (const auto& enumeration : file.enums) AddEnum(*enumeration);
  for (const auto& message : file.messages) AddOneofs(*message);
  for (const auto& service : file.services) AddService(*service);
}

std::string FileNames::Take(std::string name, const std::vector<std::string>& suffixes) {
  const auto is_free = [&] {
    if (IsReserved(name) || taken_.contains(name)) return false;
    return std::none_of(suffixes.begin(), suffixes.end(),
                        [&](const std::string& suffix) { return taken_.contains(name + suffix); });
  };
  while (!is_free()) name += "_";
  taken_.insert(name);
  for (const std::string& suffix : suffixes) taken_.insert(name + suffix);
  return name;
}

void FileNames::AddEnum(const model::Enum& enumeration) {
  enums_[&enumeration] = Take(Flat(enumeration.full_name), {"_array"});
  const std::string prefix = UpperSnakeCase(enumeration.full_name) + "_";
  for (const model::EnumValue& value : enumeration.values) {
    values_[&value] = Take(prefix + ShortValueName(enumeration, value));
  }
}

void FileNames::AddMessage(const model::Message& message) {
  messages_[&message] =
      Take(Flat(message.full_name), message.map_entry
                                        ? std::vector<std::string>{"_map", "_table"}
                                        : std::vector<std::string>{"_array", "_table", "_type"});
  members_[&message] = NameMembers(message);
  for (const auto& nested : message.messages) AddMessage(*nested);
  for (const auto& nested : message.enums) AddEnum(*nested);
}

void FileNames::AddOneofs(const model::Message& message) {
  for (const auto& oneof : message.oneofs) {
    case_types_[oneof.get()] = Take(messages_.at(&message) + "_" + oneof->name + "_case");
    const std::string prefix =
        UpperSnakeCase(message.full_name) + "_" + UpperSnakeCase(oneof->name) + "_";
    not_set_[oneof.get()] = Take(prefix + "NOT_SET");
    for (const model::Field* field : oneof->fields) {
      cases_[field] = Take(prefix + UpperCase(field->name));
    }
  }
  for (const auto& nested : message.messages) AddOneofs(*nested);
}

void FileNames::AddService(const model::Service& service) {
  services_[&service] = Take(Flat(service.full_name), {"_client", "_client_init", "_handlers",
                                                       "_serve", "_registration", "_service"});
  const std::string& type = services_[&service];
  std::set<std::string> members;
  for (const model::Method& method : service.methods) {
    std::string name = SnakeCase(method.name);
    const auto names = [&] {
      std::vector<std::string> all;
      for (const char* suffix :
           {"", "_async", "_unary", "_done_fn", "_start", "_send", "_send_async", "_receive",
            "_receive_async", "_receive_fn", "_half_close", "_finish"}) {
        all.push_back(type + "_" + name + suffix);
        all.push_back(type + "_server_" + name + suffix);
      }
      return all;
    };
    const auto is_free = [&] {
      if (members.contains(name) || members.contains(name + "_async")) return false;
      const std::vector<std::string> all = names();
      return std::none_of(all.begin(), all.end(),
                          [&](const std::string& each) { return taken_.contains(each); });
    };
    while (!is_free()) name += "_";
    for (std::string& each : names()) taken_.insert(std::move(each));
    members.insert(name);
    members.insert(name + "_async");
    methods_[&method] = name;
  }
}

std::string FileNames::Function(const std::string& type, const std::string& suffix) {
  const std::string wanted = type + "_" + suffix;
  const auto known = functions_.find(wanted);
  if (known != functions_.end()) return known->second;
  return functions_[wanted] = Take(wanted);
}

FileNames& Names::Of(const model::File& file) {
  std::unique_ptr<FileNames>& names = files_[&file];
  if (names == nullptr) names = std::make_unique<FileNames>(file);
  return *names;
}

}  // namespace polycall::codegen::c
