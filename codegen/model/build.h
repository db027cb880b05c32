#ifndef POLYCALL_CODEGEN_MODEL_BUILD_H_
#define POLYCALL_CODEGEN_MODEL_BUILD_H_

#include <memory>
#include <vector>

#include "codegen/model/model.h"

namespace google::protobuf {
class FileDescriptor;
}

namespace polycall::codegen::model {

// The model of `files` (those to generate) and all that they import.
std::unique_ptr<Model> BuildModel(
    const std::vector<const google::protobuf::FileDescriptor*>& files);

}  // namespace polycall::codegen::model

#endif  // POLYCALL_CODEGEN_MODEL_BUILD_H_
