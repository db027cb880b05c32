#include "codegen/model/names.h"

#include <cctype>

namespace polycall::codegen {
namespace {

bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool IsLower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
char Upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::string JoinLower(std::string_view name, std::string_view separator) {
  std::string out = Join(Words(name), separator);
  for (char& c : out) c = Lower(c);
  return out;
}

std::string Capitalised(const std::string& word) {
  std::string out = word;
  for (char& c : out) c = Lower(c);
  if (!out.empty()) out[0] = Upper(out[0]);
  return out;
}

}  // namespace

std::vector<std::string> Words(std::string_view name) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_' || c == '.' || c == '-') {
      end_word();
      continue;
    }
    if (IsUpper(c) && i > 0) {
      const bool after_word = !IsUpper(name[i - 1]);                         // "getPage": before P
      const bool before_word = i + 1 < name.size() && IsLower(name[i + 1]);  // "HTTPPage": before P
      if (after_word || before_word) end_word();
    }
    word.push_back(c);
  }
  end_word();
  return words;
}

std::string SnakeCase(std::string_view name) { return JoinLower(name, "_"); }

std::string KebabCase(std::string_view name) { return JoinLower(name, "-"); }

std::string UpperSnakeCase(std::string_view name) {
  std::string out = SnakeCase(name);
  for (char& c : out) c = Upper(c);
  return out;
}

std::string CamelCase(std::string_view name) {
  std::string out;
  for (const std::string& word : Words(name)) out += Capitalised(word);
  return out;
}

std::string LowerCamelCase(std::string_view name) {
  std::string out = CamelCase(name);
  if (!out.empty()) out[0] = Lower(out[0]);
  return out;
}

std::vector<std::string> SplitDots(std::string_view name) {
  std::vector<std::string> parts;
  while (!name.empty()) {
    const size_t dot = name.find('.');
    parts.emplace_back(name.substr(0, dot));
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  return parts;
}

std::string Replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, from.size(), from) == 0) {
      out += to;
      at += from.size();
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += separator;
    out += parts[i];
  }
  return out;
}

}  // namespace polycall::codegen
