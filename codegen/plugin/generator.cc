#include "codegen/plugin/generator.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <memory>

#include "codegen/model/build.h"
#include "codegen/plugin/emitters.h"
#include "codegen/plugin/parameters.h"

namespace polycall::codegen {

bool Generator::Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                         google::protobuf::compiler::GeneratorContext* context,
                         std::string* error) const {
  return GenerateAll({file}, parameter, context, error);
}

bool Generator::GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                            const std::string& parameter,
                            google::protobuf::compiler::GeneratorContext* context,
                            std::string* error) const {
  const Parameters parameters = ParseParameters(parameter, Emitters());
  if (!parameters.error.empty()) {
    *error = parameters.error;
    return false;
  }
  const std::unique_ptr<model::Model> model = model::BuildModel(files);
  for (const auto& file : model->files) {
    if (!file->to_generate) continue;
    Output output;
    parameters.emitter->emit(*file, parameters.options, &output);
    for (const std::string& refusal : output.errors()) {
      if (!error->empty()) *error += "\n";
      // A refusal of the file as a whole names it already.
      if (refusal.rfind(file->name + ":", 0) != 0) *error += file->name + ": ";
      *error += refusal;
    }
    if (!error->empty()) continue;
    for (const OutputFile& made : output.files()) {
      const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> stream(
          context->Open(made.name));
      google::protobuf::io::CodedOutputStream coded(stream.get());
      coded.WriteString(made.content);
    }
  }
  return error->empty();
}

}  // namespace polycall::codegen
