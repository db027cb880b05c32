#include "fleet/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace polycall::cli {
namespace {

constexpr size_t kGap = 2;
constexpr size_t kNarrowestLast = 8;

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t Dimension(const char* variable, unsigned short winsize::*member) {
  if (const char* given = getenv(variable)) {
    const long value = strtol(given, nullptr, 10);
    if (value > 0) return static_cast<size_t>(value);
  }
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.*member : 0;
}

}  // namespace

size_t TextWidth(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !Continues(c); }));
}

std::string CutText(std::string_view text, size_t width) {
  if (TextWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  size_t end = 0;
  for (size_t seen = 0; end < text.size(); ++end) {
    if (!Continues(text[end]) && ++seen == width) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

size_t TerminalWidth() {
  return isatty(STDOUT_FILENO) == 1 || getenv("COLUMNS") != nullptr
             ? Dimension("COLUMNS", &winsize::ws_col)
             : 0;
}

size_t TerminalHeight() {
  return isatty(STDOUT_FILENO) == 1 ? Dimension("LINES", &winsize::ws_row) : 0;
}

void Table::AddRow(std::vector<std::string> cells, CellPaint paint) {
  // What comes from elsewhere must not move the cursor or break the line.
  for (std::string& cell : cells) {
    for (char& c : cell) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
  }
  rows_.push_back({std::move(cells), std::move(paint)});
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = 0;
    for (const Row& row : rows_) width = std::max(width, TextWidth(row.cells[i]));
    // A column without anything in it is not shown at all.
    widths.push_back(width == 0 && i > 0 ? 0 : std::max(width, TextWidth(columns_[i].title)));
  }
  return widths;
}

std::vector<std::string> Table::Lines(size_t width, const CellPaint& title_paint) const {
  std::vector<size_t> widths = Widths();
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), size_t{0},
                           [](size_t sum, size_t w) { return sum + (w == 0 ? 0 : w + kGap); }) -
           kGap;
  };
  // The last column gives way first, then whole columns go.
  const auto last = [&] {
    size_t i = widths.size() - 1;
    while (i > 0 && widths[i] == 0) --i;
    return i;
  };
  while (width > 0 && total() > width) {
    const size_t end = last();
    const size_t over = total() - width;
    if (!columns_[end].right && widths[end] >= over + kNarrowestLast) {
      widths[end] -= over;
      break;
    }
    size_t victim = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] > 0 && columns_[i].expendable > 0 &&
          (victim == columns_.size() || columns_[i].expendable > columns_[victim].expendable)) {
        victim = i;
      }
    }
    if (victim == columns_.size()) {
      widths[end] = widths[end] > over ? widths[end] - over : 1;
      break;
    }
    widths[victim] = 0;
  }

  std::vector<std::string> lines;
  const auto add = [&](const std::vector<std::string>& cells, const CellPaint& paint) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (widths[i] == 0) continue;
      std::string text = CutText(cells[i], widths[i]);
      const std::string space(widths[i] - TextWidth(text), ' ');
      const bool end = i == last();
      if (columns_[i].right) text.insert(0, space);
      const std::string painted = paint && !text.empty() ? paint(i, text) : text;
      line += (line.empty() ? "" : std::string(kGap, ' ')) + painted +
              (columns_[i].right || end ? "" : space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(line);
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  add(titles, title_paint);
  for (const Row& row : rows_) add(row.cells, row.paint);
  return lines;
}

}  // namespace polycall::cli
