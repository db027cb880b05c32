#ifndef POLYCALL_BINDINGS_CPP_TEST_EXPECT_H_
#define POLYCALL_BINDINGS_CPP_TEST_EXPECT_H_

#include <gtest/gtest.h>
#include <polycall/status.h>
#include <polycall/status_or.h>

namespace polycall_cpp_test {

inline testing::AssertionResult IsOk(const polycall::Status& status) {
  if (status.ok()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << status.ToString();
}

template <typename T>
testing::AssertionResult IsOk(const polycall::StatusOr<T>& outcome) {
  return IsOk(outcome.status());
}

}  // namespace polycall_cpp_test

#define EXPECT_OK(expression) EXPECT_TRUE(::polycall_cpp_test::IsOk(expression))
#define ASSERT_OK(expression) ASSERT_TRUE(::polycall_cpp_test::IsOk(expression))

#endif  // POLYCALL_BINDINGS_CPP_TEST_EXPECT_H_
