// Writer: generated text, line by line, with explicit indentation.
#ifndef POLYCALL_CODEGEN_WRITER_WRITER_H_
#define POLYCALL_CODEGEN_WRITER_WRITER_H_

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace polycall::codegen {

// One thread at a time.
class Writer {
 public:
  // Ends its level of indentation when it goes out of scope.
  class [[nodiscard]] Indentation {
   public:
    explicit Indentation(Writer* writer, int levels = 1) : writer_(writer), levels_(levels) {
      writer_->level_ += levels_;
    }
    Indentation(const Indentation&) = delete;
    Indentation& operator=(const Indentation&) = delete;
    ~Indentation() { writer_->level_ -= levels_; }

   private:
    Writer* writer_;
    int levels_;
  };

  // `width`: spaces of one level.
  explicit Writer(int width = 2) : width_(width) {}

  // One line made of the parts (strings, string views, characters, integers), at the present
  // indentation. No parts, or only empty ones: an empty line without trailing spaces.
  template <typename... Parts>
  void Line(const Parts&... parts) {
    std::string line;
    (Append(&line, parts), ...);
    WriteLine(line);
  }

  // Several lines, each at the present indentation. One leading newline (so that a raw string may
  // start below its opening) and one trailing newline are dropped.
  void Lines(std::string_view text);

  // `lines`, each after `prefix` ("// ", "# "); an empty one gets the prefix without its trailing
  // spaces.
  void Prefixed(std::string_view prefix, const std::vector<std::string>& lines);

  // Everything until the result goes out of scope is one level (or `levels`) deeper.
  Indentation Indented(int levels = 1) { return Indentation(this, levels); }

  void Indent() { ++level_; }
  void Outdent() { --level_; }

  // Columns of the present indentation, for emitters that wrap long lines.
  int column() const { return level_ * width_; }

  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  static void Append(std::string* line, std::string_view part) { line->append(part); }
  static void Append(std::string* line, const char* part) { line->append(part); }
  static void Append(std::string* line, const std::string& part) { line->append(part); }
  static void Append(std::string* line, char part) { line->push_back(part); }
  template <std::integral Number>
  static void Append(std::string* line, Number part) {
    line->append(std::to_string(part));
  }

  void WriteLine(std::string_view line);

  std::string text_;
  int width_;
  int level_ = 0;
};

}  // namespace polycall::codegen

#endif  // POLYCALL_CODEGEN_WRITER_WRITER_H_
