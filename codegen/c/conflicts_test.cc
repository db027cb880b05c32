#include "codegen/c/conflicts.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace polycall::codegen::c {
namespace {

// A file with one message.
std::unique_ptr<model::File> FileWith(const std::string& name, const std::string& package,
                                      const std::string& message_name) {
  auto file = std::make_unique<model::File>();
  file->name = name;
  file->package = package;
  auto message = std::make_unique<model::Message>();
  message->name = message_name;
  message->full_name = package + "." + message_name;
  message->file = file.get();
  file->messages.push_back(std::move(message));
  return file;
}

TEST(Conflicts, AreRefusedWithBothNames) {
  const auto imported = FileWith("one.proto", "a.b", "C");
  const auto between = FileWith("between.proto", "x", "Y");
  const auto file = FileWith("two.proto", "a", "b_C");
  between->imports.push_back(imported.get());
  file->imports.push_back(between.get());
  Names names;
  Output output;
  RefuseConflicts(*file, &names, &output);
  ASSERT_EQ(output.errors().size(), 1u);
  EXPECT_EQ(
      output.errors()[0],
      "a.b_C: its name in C, a_b_C, is also that of a.b.C in one.proto; rename one of them, or "
      "its package");
}

TEST(Conflicts, AreNoneBetweenDifferentNames) {
  const auto imported = FileWith("one.proto", "a.b", "C");
  const auto file = FileWith("two.proto", "a.b", "D");
  file->imports.push_back(imported.get());
  Names names;
  Output output;
  RefuseConflicts(*file, &names, &output);
  EXPECT_TRUE(output.errors().empty());
}

}  // namespace
}  // namespace polycall::codegen::c
