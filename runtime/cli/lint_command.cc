// polycall lint: whether polycalld would take manifests
#include <algorithm>
#include <filesystem>

#include "command.h"
#include "json_text.h"
#include "manifest/manifest.h"
#include "output.h"

namespace polycall::cli {
namespace {

using scheduler::LoadManifest;
using scheduler::LoadManifests;
using scheduler::Mistake;
using scheduler::ReadManifest;

void RunLint(const Options& options, const std::vector<std::string>& places) {
  std::vector<ReadManifest> all;
  for (const std::string& place : places) {
    if (std::filesystem::is_directory(place)) {
      std::vector<ReadManifest> folder = LoadManifests(place);
      std::move(folder.begin(), folder.end(), std::back_inserter(all));
    } else {
      all.push_back(LoadManifest(place));
    }
  }
  size_t wrong = 0;
  std::string json;
  std::string text;
  for (const ReadManifest& read : all) {
    wrong += read.mistakes.empty() ? 0 : 1;
    for (const Mistake& mistake : read.mistakes) {
      text += (text.empty() ? "" : "\n") + mistake.ToString();
      json += (json.empty() ? "" : ",") + std::string("{\"file\":") + JsonQuote(mistake.file) +
              ",\"line\":" + std::to_string(mistake.line) +
              ",\"column\":" + std::to_string(mistake.column) +
              ",\"what\":" + JsonQuote(mistake.what) + "}";
    }
  }
  if (options.json) {
    PrintLine("{\"manifests\":" + std::to_string(all.size()) + ",\"mistakes\":[" + json + "]}");
  } else if (wrong == 0) {
    PrintLine(std::to_string(all.size()) + (all.size() == 1 ? " manifest is" : " manifests are") +
              " good");
  }
  if (wrong > 0) {
    throw Failure(ExitCode::kBadInput,
                  options.json ? std::to_string(wrong) + " manifests with mistakes" : text);
  }
}

}  // namespace

void AddLintCommand(CLI::App* app, Options* options, cli::Run* run) {
  CLI::App* command =
      app->add_subcommand("lint", "Check manifests of services, as polycalld reads them");
  auto places = std::make_shared<std::vector<std::string>>();
  command->add_option("FILE", *places, "Manifests, or folders of them (*.yaml)")->required();
  AddJson(command, options,
          "One JSON object: {\"manifests\": N, \"mistakes\": [{\"file\", \"line\", \"column\", "
          "\"what\"}]}");
  command->callback([=] { *run = [=] { RunLint(*options, *places); }; });
}

}  // namespace polycall::cli
