#include "codegen/c/conflicts.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "codegen/c/messages.h"

namespace polycall::codegen::c {
namespace {

using Visitor = std::function<void(const std::string& name, const std::string& full_name)>;

void VisitNames(const model::File& file, Names* names, const Visitor& visit) {
  const FileNames& file_names = names->Of(file);
  for (const model::Message* message : AllMessages(file)) {
    visit(file_names.Type(*message), message->full_name);
  }
  for (const model::Enum* enumeration : AllEnums(file)) {
    visit(file_names.Type(*enumeration), enumeration->full_name);
    for (const model::EnumValue& value : enumeration->values) {
      visit(file_names.Value(value), enumeration->full_name + "." + value.name);
    }
  }
  for (const auto& service : file.services) visit(file_names.Type(*service), service->full_name);
}

void AddImports(const model::File& file, std::set<const model::File*>* seen,
                std::vector<const model::File*>* all) {
  for (const model::File* import : file.imports) {
    if (!seen->insert(import).second) continue;
    all->push_back(import);
    AddImports(*import, seen, all);
  }
}

}  // namespace

void RefuseConflicts(const model::File& file, Names* names, Output* output) {
  struct Definition {
    std::string full_name;
    std::string file;
  };
  std::map<std::string, Definition> imported;
  std::set<const model::File*> seen = {&file};
  std::vector<const model::File*> imports;
  AddImports(file, &seen, &imports);
  for (const model::File* import : imports) {
    VisitNames(*import, names, [&](const std::string& name, const std::string& full_name) {
      imported.insert({name, {full_name, import->name}});
    });
  }
  VisitNames(file, names, [&](const std::string& name, const std::string& full_name) {
    const auto found = imported.find(name);
    if (found == imported.end()) return;
    output->Refuse(full_name, "its name in C, " + name + ", is also that of " +
                                  found->second.full_name + " in " + found->second.file +
                                  "; rename one of them, or its package");
  });
}

}  // namespace polycall::codegen::c
