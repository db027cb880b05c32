#include "codegen/cpp/layout.h"

#include <algorithm>

#include "codegen/model/names.h"

namespace polycall::codegen::cpp {
namespace {

// Fills lines of at most `room` columns with the parts, a comma after each but the last.
std::vector<std::string> Fill(const std::vector<std::string>& parts, size_t room, size_t tail) {
  std::vector<std::string> lines;
  std::string line;
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const std::string piece = parts[i] + (last ? "" : ",");
    const size_t needed = line.size() + 1 + piece.size() + (last ? tail : 0);
    if (!line.empty() && needed > room) {
      lines.push_back(line);
      line.clear();
    }
    line += (line.empty() ? "" : " ") + piece;
  }
  lines.push_back(line);
  return lines;
}

}  // namespace

void WriteCall(std::string_view head, const std::vector<std::string>& parts, std::string_view tail,
               Writer* writer) {
  const size_t room = kColumns - static_cast<size_t>(writer->column());
  const std::string whole = std::string(head) + "(" + Join(parts, ", ") + ")" + std::string(tail);
  if (whole.size() <= room) {
    writer->Line(whole);
    return;
  }
  size_t widest = 0;
  for (const std::string& part : parts) widest = std::max(widest, part.size());
  const size_t end = 1 + tail.size();
  const bool aligned = head.size() + 1 + widest + std::max<size_t>(1, end) <= room;
  const std::string gap = aligned ? std::string(head.size() + 1, ' ') : "    ";
  const std::vector<std::string> lines = Fill(parts, room - gap.size(), end);
  if (!aligned) writer->Line(head, "(");
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view before = aligned && i == 0 ? std::string_view() : std::string_view(gap);
    const std::string opening = aligned && i == 0 ? std::string(head) + "(" : "";
    const std::string closing = i + 1 == lines.size() ? ")" + std::string(tail) : "";
    writer->Line(before, opening, lines[i], closing);
  }
}

void WriteComment(const model::Comment& comment, Writer* writer) {
  std::vector<std::string> lines = comment.lines;
  for (std::string& line : lines) {
    // A backslash at the end would make the next line of code a part of the comment.
    if (!line.empty() && line.back() == '\\') line += " //";
  }
  writer->Prefixed("// ", lines);
}

}  // namespace polycall::codegen::cpp
