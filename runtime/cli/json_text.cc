#include "json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace polycall::cli {
namespace {

constexpr int kMaxDepth = 100;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(uint32_t code, std::string* out) {
  if (code < 0x80) {
    *out += static_cast<char>(code);
  } else if (code < 0x800) {
    *out += static_cast<char>(0xc0 | code >> 6);
    *out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *out += static_cast<char>(0xe0 | code >> 12);
    *out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    *out += static_cast<char>(0xf0 | code >> 18);
    *out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    *out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    *out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class Parser {
 public:
  Parser(std::string_view text, JsonError* error) : text_(text), error_(error) {}

  bool Document(JsonValue* value) {
    SkipSpace();
    if (AtEnd()) return Fail("empty; an empty message is {}");
    if (!Value(value, 0)) return false;
    SkipSpace();
    return AtEnd() || Fail("something follows the end of the value");
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }

  bool Fail(std::string message) {
    error_->offset = at_;
    error_->message = std::move(message);
    return false;
  }

  void SkipSpace() {
    while (!AtEnd() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool Value(JsonValue* value, int depth) {
    if (depth == kMaxDepth) return Fail("nested more than 100 deep");
    value->offset = at_;
    const char c = Peek();
    if (c == '{') return Object(value, depth);
    if (c == '[') return Array(value, depth);
    if (c == '"') {
      value->type = JsonValue::Type::kString;
      return String(&value->text);
    }
    if (c == '-' || IsDigit(c)) return Number(value);
    if (c == '\'') return Fail("strings are written with double quotes");
    return Word(value);
  }

  bool Word(JsonValue* value) {
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        value->type = word == "null" ? JsonValue::Type::kNull : JsonValue::Type::kBool;
        value->text = word;
        return true;
      }
    }
    return Fail(AtEnd() ? "cut off: a value is missing" : "a value was expected here");
  }

  bool Number(JsonValue* value) {
    const size_t begin = at_;
    Take('-');
    if (!IsDigit(Peek())) return Fail("a digit was expected here");
    while (IsDigit(Peek())) ++at_;
    if (Take('.')) {
      if (!IsDigit(Peek())) return Fail("a digit was expected here");
      while (IsDigit(Peek())) ++at_;
    }
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (!IsDigit(Peek())) return Fail("a digit was expected here");
      while (IsDigit(Peek())) ++at_;
    }
    value->type = JsonValue::Type::kNumber;
    value->text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool Hex4(uint32_t* code) {
    *code = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = Peek();
      uint32_t digit;
      if (IsDigit(c)) {
        digit = static_cast<uint32_t>(c - '0');
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        digit = static_cast<uint32_t>((c | 32) - 'a' + 10);
      } else {
        return Fail("four hexadecimal digits were expected here");
      }
      *code = *code << 4 | digit;
      ++at_;
    }
    return true;
  }

  bool Escape(std::string* out) {
    const char c = Peek();
    static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
    if (const size_t known = kFrom.find(c); !AtEnd() && known != std::string_view::npos) {
      *out += kTo[known];
      ++at_;
      return true;
    }
    if (!Take('u')) return Fail("no such escape in a string");
    uint32_t code, low;
    if (!Hex4(&code)) return false;
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      if (!Hex4(&low)) return false;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      }
    }
    AppendUtf8(code, out);
    return true;
  }

  bool String(std::string* out) {
    const size_t begin = at_++;
    while (!AtEnd() && Peek() != '"') {
      const char c = Peek();
      if (c == '\n') break;
      ++at_;
      if (c != '\\') {
        *out += c;
      } else if (!Escape(out)) {
        return false;
      }
    }
    if (Take('"')) return true;
    at_ = begin;
    return Fail("this string has no closing quote");
  }

  bool Array(JsonValue* value, int depth) {
    value->type = JsonValue::Type::kArray;
    ++at_;
    SkipSpace();
    if (Take(']')) return true;
    for (;;) {
      SkipSpace();
      if (!Value(&value->items.emplace_back(), depth + 1)) return false;
      SkipSpace();
      if (Take(']')) return true;
      if (!Take(',')) return Fail(AtEnd() ? "cut off: ] is missing" : "expected , or ]");
    }
  }

  bool Object(JsonValue* value, int depth) {
    value->type = JsonValue::Type::kObject;
    ++at_;
    SkipSpace();
    if (Take('}')) return true;
    for (;;) {
      SkipSpace();
      JsonMember& member = value->members.emplace_back();
      member.offset = at_;
      if (Peek() != '"') {
        return Fail(AtEnd() ? "cut off: } is missing"
                            : "a field name in double quotes was expected");
      }
      if (!String(&member.name)) return false;
      SkipSpace();
      if (!Take(':')) return Fail("expected : after the field name");
      SkipSpace();
      if (!Value(&member.value, depth + 1)) return false;
      SkipSpace();
      if (Take('}')) return true;
      if (!Take(',')) return Fail(AtEnd() ? "cut off: } is missing" : "expected , or }");
    }
  }

  std::string_view text_;
  JsonError* error_;
  size_t at_ = 0;
};

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  for (const JsonMember& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::string JsonValue::Text(std::string_view name) const {
  const JsonValue* value = Find(name);
  return value == nullptr ? "" : value->text;
}

bool ParseJson(std::string_view text, JsonValue* value, JsonError* error) {
  *value = JsonValue();
  return Parser(text, error).Document(value);
}

std::string Place(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t newline = before.rfind('\n');
  const std::string_view in_line =
      newline == std::string_view::npos ? before : before.substr(newline + 1);
  const auto column =
      in_line.size() -
      static_cast<size_t>(std::count_if(in_line.begin(), in_line.end(), ContinuesCharacter)) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

std::string Excerpt(std::string_view text, size_t offset) {
  constexpr size_t kWidth = 72;
  offset = std::min(offset, text.size());
  size_t begin = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  size_t end = std::min(text.find('\n', offset), text.size());
  const bool cut_left = offset - begin > kWidth / 2;
  if (cut_left) begin = offset - kWidth / 2;
  const bool cut_right = end - begin > kWidth;
  if (cut_right) end = begin + kWidth;
  while (begin < offset && ContinuesCharacter(text[begin])) ++begin;
  while (end > offset && end < text.size() && ContinuesCharacter(text[end])) --end;

  std::string line = cut_left ? "..." : "";
  std::string below(line.size(), ' ');
  line += text.substr(begin, end - begin);
  if (cut_right) line += "...";
  for (size_t at = begin; at < offset; ++at) {
    if (!ContinuesCharacter(text[at])) below += text[at] == '\t' ? '\t' : ' ';
  }
  return "  " + line + "\n  " + below + "^";
}

std::string JsonQuote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char escape[8];
          snprintf(escape, sizeof(escape), "\\u%04x", c);
          out += escape;
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

}  // namespace polycall::cli
