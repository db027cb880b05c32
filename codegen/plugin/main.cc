// protoc-gen-polycall: run by protoc, `protoc --polycall_out=lang=cpp:out calc.proto`.
#include <google/protobuf/compiler/plugin.h>

#include "codegen/plugin/generator.h"

int main(int argc, char** argv) {
  const polycall::codegen::Generator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
