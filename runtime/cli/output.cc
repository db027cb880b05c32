#include "output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "json_text.h"
#include "polycall/polycall.h"

namespace polycall::cli {

void PrintLine(std::string_view line) {
  if (fwrite(line.data(), 1, line.size(), stdout) != line.size() || fputc('\n', stdout) == EOF ||
      fflush(stdout) != 0) {
    throw Failure(ExitCode::kFailure,
                  std::string("cannot write to standard output: ") + strerror(errno));
  }
}

void PrintFailure(const Failure& failure, const Options& options) {
  std::string text;
  if (options.json) {
    text = "{\"error\":{\"exit_code\":" + std::to_string(static_cast<int>(failure.exit_code()));
    if (failure.code() != POLYCALL_OK) {
      text += ",\"code\":" + std::to_string(failure.code()) +
              ",\"status\":" + JsonQuote(polycall_code_name(failure.code()));
    }
    text += ",\"message\":" + JsonQuote(failure.message());
    for (size_t i = 0; i < failure.details().size(); ++i) {
      text += (i == 0 ? ",\"details\":[" : ",") + failure.details()[i];
    }
    text += failure.details().empty() ? "}}" : "]}}";
  } else {
    text = options.err.Bad("polycall:") + " ";
    if (failure.code() != POLYCALL_OK) {
      text += options.err.Strong(polycall_code_name(failure.code()));
      if (!failure.message().empty()) text += ": ";
    }
    text += failure.message();
    for (const std::string& detail : failure.details()) text += "\n  detail: " + detail;
  }
  fprintf(stderr, "%s\n", text.c_str());
}

}  // namespace polycall::cli
