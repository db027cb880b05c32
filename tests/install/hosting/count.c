#include <stddef.h>
#include <stdint.h>

uint32_t count_letters(const char* text, size_t size);
uint32_t count_letters(const char* text, size_t size) { return text == NULL ? 0 : (uint32_t)size; }
