#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

Options ParseCommandLine(int argc, char** argv) {
  Options options;
  CLI::App app{"Draws a function of x and its derivative, with services in five languages."};
  app.add_option("expression", options.expression, "what to draw: \"sin(x)*exp(-x^2/8)\"")
      ->required();
  app.add_option("--from", options.from, "the left end")->capture_default_str();
  app.add_option("--to", options.to, "the right end")->capture_default_str();
  app.add_option("--points", options.points, "how many points are computed")
      ->check(CLI::Range(2U, 100'000'000U))
      ->capture_default_str();
  app.add_option("-o,--output", options.output, "the picture: a file that ends in .png or .svg");
  app.add_flag("--json", options.json, "print the calls as JSON lines");
  app.add_option("--directory", options.directory,
                 "where the services' sockets are: parser.sock, deriver.sock, ...");
  const char* const which = "its target, or host:LANGUAGE:MODULE to have it in this process";
  app.add_option("--parser", options.parser, which);
  app.add_option("--deriver", options.deriver, which);
  app.add_option("--evaluator", options.evaluator, which);
  app.add_option("--checker", options.checker, which);
  app.add_option("--drawer", options.drawer, which);
  try {
    app.parse(argc, argv);
    if (!(options.from < options.to)) {
      throw CLI::ValidationError("--from", "has to be less than --to");
    }
    const std::string& file = options.output;
    if (!file.empty() && !file.ends_with(".png") && !file.ends_with(".svg")) {
      throw CLI::ValidationError("--output", file + " ends in neither .png nor .svg");
    }
    for (auto [target, name] : {std::pair{&options.parser, "parser"},
                                {&options.deriver, "deriver"},
                                {&options.evaluator, "evaluator"},
                                {&options.checker, "checker"},
                                {&options.drawer, "drawer"}}) {
      if (target->empty() && options.directory.empty()) {
        throw CLI::ValidationError(std::string("--") + name,
                                   "no target: give it, or the --directory of all sockets");
      }
      if (target->empty()) {
        *target = "unix:" + options.directory + "/" + name + ".sock";
      }
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}
