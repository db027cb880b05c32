#include "vector_file.h"

#include <gtest/gtest.h>

#include <cctype>
#include <fstream>

namespace polycall::protocol_test {

bool Vector::Has(std::string_view key) const {
  for (const auto& line : lines) {
    if (line.first == key) return true;
  }
  return false;
}

std::string Vector::Text(std::string_view key) const {
  for (const auto& line : lines) {
    if (line.first == key) return line.second;
  }
  return "";
}

uint64_t Vector::Number(std::string_view key, uint64_t absent) const {
  const std::string text = Text(key);
  if (text.empty()) return absent;
  size_t used = 0;
  const uint64_t value = std::stoull(text, &used, 0);
  EXPECT_EQ(used, text.size()) << name() << ": " << key << " is not a number: " << text;
  return value;
}

std::optional<std::string> Vector::Bytes(std::string_view key) const {
  if (!Has(key)) return std::nullopt;
  return FromHex(Text(key));
}

std::vector<Vector> ReadVectors(const std::string& file) {
  const std::string path = std::string(POLYCALL_VECTORS) + "/" + file;
  std::ifstream in(path);
  EXPECT_TRUE(in.is_open()) << "cannot read " << path;
  std::vector<Vector> vectors;
  bool in_record = false;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with('#')) continue;
    if (line.empty()) {
      in_record = false;
      continue;
    }
    if (!in_record) vectors.emplace_back();
    in_record = true;
    auto& lines = vectors.back().lines;
    if (line.starts_with(' ')) {
      if (lines.empty()) {
        ADD_FAILURE() << path << ":" << number << ": continues nothing";
        return {};
      }
      lines.back().second += "\n" + line.substr(line.find_first_not_of(' '));
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string::npos) {
      ADD_FAILURE() << path << ":" << number << ": no colon";
      return {};
    }
    const size_t value = line.find_first_not_of(' ', colon + 1);
    lines.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  EXPECT_FALSE(vectors.empty()) << path << " has no records";
  for (const Vector& vector : vectors) {
    EXPECT_EQ(vector.lines[0].first, "name") << path << ": a record without a name";
  }
  return vectors;
}

std::string FromHex(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (isxdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
    } else {
      EXPECT_TRUE(c == ' ' || c == '\n') << "not hexadecimal: " << hex;
    }
  }
  EXPECT_EQ(digits.size() % 2, 0u) << "half a byte: " << hex;
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (!hex.empty()) hex += ' ';
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace polycall::protocol_test
