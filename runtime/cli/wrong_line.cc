#include "wrong_line.h"

#include <algorithm>

#include "suggestion.h"

namespace polycall::cli {

std::string WhatIsWrong(const CLI::ParseError& error, const CLI::App& command) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return error.what();
  const std::vector<std::string> extras = command.remaining(true);
  // An unknown option's value is left over, too: the option is what matters.
  const auto found = std::find_if(extras.begin(), extras.end(), [](const std::string& extra) {
    return extra.size() > 1 && extra[0] == '-';
  });
  if (found == extras.end()) {
    return extras.empty() ? error.what() : "one argument too many: " + extras.front();
  }
  const std::string name = found->substr(0, found->find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& word : option->get_lnames()) known.push_back("--" + word);
  }
  return "no option " + name + Suggestion(name, known);
}

}  // namespace polycall::cli
