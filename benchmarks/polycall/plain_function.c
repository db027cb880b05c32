/* Knows nothing of PolyCall. */
#include <stddef.h>
#include <stdint.h>

int64_t answer(const char* payload, size_t size, int64_t sequence, int64_t sent_at, int64_t tag,
               int64_t count);

int64_t answer(const char* payload, size_t size, int64_t sequence, int64_t sent_at, int64_t tag,
               int64_t count) {
  (void)sequence, (void)sent_at, (void)count;
  return size > 0 && payload[0] == 'x' ? tag : 0;
}
