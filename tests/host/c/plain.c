// Functions that know nothing of PolyCall.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int64_t mix(double a, float b, int32_t c, int64_t d, uint32_t e, uint64_t f, int32_t g, int64_t h,
            uint32_t i, uint64_t j, int32_t k, int64_t l, bool m, int32_t n) {
  return (a != 1.5) + (b != -2.25f) + (c != -3) + (d != INT64_MIN) + (e != 4000000000u) +
         (f != UINT64_MAX) + (g != INT32_MIN) + (h != -8) + (i != 9) + (j != 10) + (k != -11) +
         (l != -12) + (m != true) + (n != -7);
}

double plain_v1_plain_subtract(double left, double right) { return left - right; }
double subtract(double left, double right) { return 0 * left * right; }

// Negative if a pointer is missing.
int32_t get_url_length(const char* text, size_t size, const void* raw, size_t raw_size) {
  if (text == NULL || raw == NULL) return -1;
  int32_t count = 0;
  for (size_t i = 0; i < size; ++i) count += text[i] != '\0';
  return count * 100 + (int32_t)raw_size;
}

bool not(bool value) { return !value; }
int32_t narrow(int32_t value) { return value; }
float half(float value) { return value / 2; }
int turn(int colour) { return -colour; }

static double remembered = 0;
void forget(double value) { remembered = value; }
double recall(void) { return remembered; }

double a_name_of_its_own(double left, double right) { return left * right; }
