// JSON as text with places: for error messages that point at a line and a column, and for reading
// what the library explains. Turning JSON into messages is protobuf's own work.
#ifndef POLYCALL_CLI_JSON_TEXT_H_
#define POLYCALL_CLI_JSON_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace polycall::cli {

struct JsonMember;

struct JsonValue {
  enum class Type { kNull, kBool, kNumber, kString, kArray, kObject };

  Type type = Type::kNull;
  size_t offset = 0;  // of its first byte in the text
  std::string text;   // of a bool or number as written, of a string decoded
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;

  // The member of that name, nullptr if there is none.
  const JsonValue* Find(std::string_view name) const;
  // Its text; empty when there is no such member.
  std::string Text(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  size_t offset = 0;  // of the name's opening quote
  JsonValue value;
};

struct JsonError {
  size_t offset = 0;
  std::string message;
};

// Strict JSON, nested at most 100 deep. False with `error`.
bool ParseJson(std::string_view text, JsonValue* value, JsonError* error);

// "line 2, column 7", counted from 1; columns in characters.
std::string Place(std::string_view text, size_t offset);

// The line around `offset` (cut to a screen's width) and, below it, a caret.
std::string Excerpt(std::string_view text, size_t offset);

// `text` as a JSON string, quotes included.
std::string JsonQuote(std::string_view text);

}  // namespace polycall::cli

#endif  // POLYCALL_CLI_JSON_TEXT_H_
