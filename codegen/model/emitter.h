// The emitter interface. Steps to add a language:
//
//  1. codegen/<lang>/emit.h with `void Emit<Lang>(const model::File&, const Options&, Output*)`, and
//     naming.h, keywords.h and README.md beside it;
//  2. one line in codegen/plugin/emitters.cc;
//  3. one line with its sources in codegen/CMakeLists.txt;
//  4. its golden files: `tests/golden/check.sh --update <lang>`; the hazard protos in tests/protos
//     must compile and run: tests/hazards/<lang>.
#ifndef POLYCALL_CODEGEN_MODEL_EMITTER_H_
#define POLYCALL_CODEGEN_MODEL_EMITTER_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codegen/model/model.h"

namespace polycall::codegen {

// The emitter's options that the user gave: `lang=c,key=value` has {"key": "value"}; an option without
// "=" has the value "". Only options that the emitter lists arrive here.
using Options = std::map<std::string, std::string>;

struct OutputFile {
  std::string name;  // relative to protoc's output folder, "calc/v1/calc.polycall.h"
  std::string content;
};

// What an emitter made of one file, and what it could not do.
class Output {
 public:
  void Add(std::string name, std::string content) {
    files_.push_back({std::move(name), std::move(content)});
  }

  // The language cannot express `element` (a full name, "calc.v1.Calc.Add"): protoc fails with
  // "FILE: ELEMENT: WHY". Say what is wrong and what to do. All refusals of a run are shown together.
  void Refuse(std::string_view element, std::string_view why) {
    errors_.push_back(std::string(element) + ": " + std::string(why));
  }

  const std::vector<OutputFile>& files() const { return files_; }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<OutputFile> files_;
  std::vector<std::string> errors_;
};

struct EmitterOption {
  std::string_view name;
  std::string_view help;  // one line
};

struct Emitter {
  std::string_view language;  // what `lang=` names
  std::vector<EmitterOption> options;
  void (*emit)(const model::File& file, const Options& options, Output* output);
};

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_MODEL_EMITTER_H_
