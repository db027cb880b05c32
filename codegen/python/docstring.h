#ifndef POLYCALL_CODEGEN_PYTHON_DOCSTRING_H_
#define POLYCALL_CODEGEN_PYTHON_DOCSTRING_H_

#include <string>
#include <vector>

#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::python {

// The comment as a docstring at the present indentation, then `also` as a paragraph of its own (if
// not empty). Without a comment: `otherwise`, and `also`.
void WriteDocstring(const model::Comment& comment, const std::string& otherwise,
                    const std::vector<std::string>& also, Writer* writer);

}  // namespace polycall::codegen::python

#endif  // POLYCALL_CODEGEN_PYTHON_DOCSTRING_H_
