// Comments of the .proto as Javadoc.
#ifndef POLYCALL_CODEGEN_JAVA_JAVADOC_H_
#define POLYCALL_CODEGEN_JAVA_JAVADOC_H_

#include <string>
#include <vector>

#include "codegen/model/model.h"
#include "codegen/writer/writer.h"

namespace polycall::codegen::java {

// Text that means itself in Javadoc: no tags, no markup, no end of the comment, no escape.
std::string EscapeJavadoc(std::string_view line);

// The comment, or else `otherwise`; then a paragraph of the lines of `also`.
void WriteJavadoc(const model::Comment& comment, const std::string& otherwise,
                  const std::vector<std::string>& also, bool deprecated, Writer* writer);

}  // namespace polycall::codegen::java

#endif  // POLYCALL_CODEGEN_JAVA_JAVADOC_H_
