// Tables that fit the terminal.
#ifndef POLYCALL_CLI_FLEET_TABLE_H_
#define POLYCALL_CLI_FLEET_TABLE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::cli {

// Characters, not bytes, of UTF-8 text.
size_t TextWidth(std::string_view text);

// The text cut to `width` characters, the last of which is then "…".
std::string CutText(std::string_view text, size_t width);

// Columns of the terminal behind standard output; 0 (no bound) if it is none. COLUMNS overrides.
size_t TerminalWidth();
size_t TerminalHeight();  // 0: unknown

struct Column {
  std::string title;
  bool right = false;  // numbers
  // Columns that go when the terminal is too narrow for all: the greatest first. 0: never; such a
  // column is cut instead if it is the last one.
  int expendable = 0;
};

// Colours a cell's text after it was padded.
using CellPaint = std::function<std::string(size_t column, const std::string& text)>;

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns; `paint` may be empty.
  void AddRow(std::vector<std::string> cells, CellPaint paint = nullptr);

  bool empty() const { return rows_.empty(); }

  // Lines without their newlines, the titles first. `width` 0: as wide as it takes.
  std::vector<std::string> Lines(size_t width, const CellPaint& title_paint = nullptr) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    CellPaint paint;
  };

  std::vector<size_t> Widths() const;

  const std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_FLEET_TABLE_H_
