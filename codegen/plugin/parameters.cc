#include "codegen/plugin/parameters.h"

#include <algorithm>
#include <utility>

namespace polycall::codegen {
namespace {

std::string Languages(const std::vector<Emitter>& emitters) {
  std::string out;
  for (const Emitter& emitter : emitters) {
    if (!out.empty()) out += ", ";
    out += emitter.language;
  }
  return out;
}

std::string OptionsOf(const Emitter& emitter) {
  if (emitter.options.empty()) return "it takes no options";
  std::string out = "its options are";
  for (const EmitterOption& option : emitter.options) {
    out += "\n  " + std::string(option.name) + ": " + std::string(option.help);
  }
  return out;
}

Parameters Failed(std::string error) {
  Parameters result;
  result.error = std::move(error);
  return result;
}

}  // namespace

Parameters ParseParameters(std::string_view text, const std::vector<Emitter>& emitters) {
  Parameters result;
  std::string language;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    std::string key(part.substr(0, equals));
    std::string value(equals == std::string_view::npos ? std::string_view()
                                                       : part.substr(equals + 1));
    if (key == "lang") {
      if (!language.empty())
        return Failed("lang is given twice: \"" + language + "\" and \"" + value + "\"");
      language = std::move(value);
    } else if (!result.options.emplace(key, std::move(value)).second) {
      return Failed("option \"" + key + "\" is given twice");
    }
  }
  if (language.empty()) {
    return Failed(
        "no language given: write --polycall_out=lang=LANGUAGE:FOLDER, where LANGUAGE is one of " +
        Languages(emitters));
  }
  const auto emitter =
      std::find_if(emitters.begin(), emitters.end(),
                   [&](const Emitter& candidate) { return candidate.language == language; });
  if (emitter == emitters.end()) {
    return Failed("unknown language \"" + language + "\": known are " + Languages(emitters));
  }
  for (const auto& [key, value] : result.options) {
    const bool known =
        std::any_of(emitter->options.begin(), emitter->options.end(),
                    [&key = key](const EmitterOption& option) { return option.name == key; });
    if (!known) {
      return Failed("unknown option \"" + key + "\" for lang=" + language + ": " +
                    OptionsOf(*emitter));
    }
  }
  result.emitter = &*emitter;
  return result;
}

}  // namespace polycall::codegen
