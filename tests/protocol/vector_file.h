// Reads docs/protocol/vectors/*.txt; their README says how they are written.
#ifndef POLYCALL_TESTS_PROTOCOL_VECTOR_FILE_H_
#define POLYCALL_TESTS_PROTOCOL_VECTOR_FILE_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace polycall::protocol_test {

// One record: its lines "key: value" in order, continuation lines joined with a newline.
struct Vector {
  std::vector<std::pair<std::string, std::string>> lines;

  bool Has(std::string_view key) const;
  // The first line of that key; empty when there is none.
  std::string Text(std::string_view key) const;
  // As a number, decimal or 0x; `absent` when there is none.
  uint64_t Number(std::string_view key, uint64_t absent = 0) const;
  // From hexadecimal; nothing when there is no such line.
  std::optional<std::string> Bytes(std::string_view key) const;

  std::string name() const { return Text("name"); }
};

// All records of a file of docs/protocol/vectors. A file that is missing, empty or not well-formed
// fails the test and gives none.
std::vector<Vector> ReadVectors(const std::string& file);

// "08 02\n10" as bytes; fails the test on anything else.
std::string FromHex(std::string_view hex);
std::string ToHex(std::string_view bytes);

// A copy on the heap of exactly that size, so that a sanitizer sees every read past it.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {}
  std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

}  // namespace polycall::protocol_test

#endif  // POLYCALL_TESTS_PROTOCOL_VECTOR_FILE_H_
