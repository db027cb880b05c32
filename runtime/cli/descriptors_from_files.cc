#include <google/protobuf/compiler/importer.h>

#include <algorithm>
#include <filesystem>

#include "descriptors.h"

namespace polycall::cli {
namespace {

namespace fs = std::filesystem;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::compiler::DiskSourceTree;
using google::protobuf::compiler::Importer;
using google::protobuf::compiler::MultiFileErrorCollector;

// "calc.proto:3:5: ..." for each error, as compilers say it.
class Errors : public MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column,
                const std::string& message) override {
    if (!text_.empty()) text_ += "\n";
    text_ += file;
    if (line >= 0) text_ += ":" + std::to_string(line + 1) + ":" + std::to_string(column + 1);
    text_ += ": " + message;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class FromFiles : public Descriptors {
 public:
  explicit FromFiles(const Options& options) {
    for (const std::string& dir : options.import_dirs) {
      if (!fs::is_directory(dir)) {
        throw Failure(ExitCode::kBadInput, "-I " + dir + ": no such folder");
      }
      tree_.MapPath("", dir);
    }
    if (options.import_dirs.empty()) tree_.MapPath("", ".");
    std::vector<std::string> imports;
    for (const std::string& file : options.proto_files) imports.push_back(VirtualName(file));
    // The well-known types, where protoc keeps them; protobuf's own copies serve if they are not
    // there.
    tree_.MapPath("", "/usr/include");
    for (const std::string& name : imports) {
      const FileDescriptor* file = importer_.Import(name);
      if (file == nullptr) throw Failure(ExitCode::kBadInput, errors_.text());
      for (int i = 0; i < file->service_count(); ++i) {
        services_.push_back({file->service(i)->full_name(), 0, file->service(i)});
      }
      source_ += (source_.empty() ? "" : ", ") + name;
    }
  }

  const DescriptorPool& pool() const override { return *importer_.pool(); }

 private:
  // The name under which the import folders know `file`; its own folder becomes one if none does.
  std::string VirtualName(const std::string& file) {
    std::string ignored;
    if (tree_.VirtualFileToDiskFile(file, &ignored)) return file;
    if (!fs::exists(file)) {
      throw Failure(ExitCode::kBadInput,
                    "--proto " + file + ": no such file, nor below -I folders");
    }
    std::string name, shadowed;
    switch (tree_.DiskFileToVirtualFile(file, &name, &shadowed)) {
      case DiskSourceTree::SUCCESS:
        return name;
      case DiskSourceTree::SHADOWED:
        throw Failure(ExitCode::kBadInput, "--proto " + file + ": hidden by " + shadowed +
                                               ", which comes first in the -I folders");
      default:
        const fs::path path(file);
        tree_.MapPath("", path.has_parent_path() ? path.parent_path().string() : ".");
        return path.filename().string();
    }
  }

  DiskSourceTree tree_;
  Errors errors_;
  Importer importer_{&tree_, &errors_};
};

}  // namespace

std::unique_ptr<Descriptors> LoadDescriptorsFromFiles(const Options& options) {
  return std::make_unique<FromFiles>(options);
}

}  // namespace polycall::cli
