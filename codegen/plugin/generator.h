#ifndef POLYCALL_CODEGEN_PLUGIN_GENERATOR_H_
#define POLYCALL_CODEGEN_PLUGIN_GENERATOR_H_

#include <google/protobuf/compiler/code_generator.h>

#include <string>
#include <vector>

namespace polycall::codegen {

// protoc's view of the plugin: parameters, then descriptors -> model -> emitter -> files.
class Generator : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context,
                std::string* error) const override;
  bool GenerateAll(const std::vector<const google::protobuf::FileDescriptor*>& files,
                   const std::string& parameter,
                   google::protobuf::compiler::GeneratorContext* context,
                   std::string* error) const override;
  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_PLUGIN_GENERATOR_H_
