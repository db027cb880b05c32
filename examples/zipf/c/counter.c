#include "counter.h"

#include <stdbool.h>

/* Letters are those of ASCII and every byte of a longer UTF-8 sequence; an apostrophe is one inside a
 * word. */
static bool is_letter(unsigned char byte) {
  return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z' ? byte < 0x80 : byte >= 0x80;
}

/* Takes the next word off `rest`; false when there is none. */
static bool next_word(polycall_string* rest, polycall_string* word) {
  const char* at = rest->data;
  const char* end = at + rest->size;
  while (at < end && !is_letter((unsigned char)*at)) {
    ++at;
  }
  const char* begin = at;
  while (at < end && (is_letter((unsigned char)*at) ||
                      (*at == '\'' && at + 1 < end && is_letter((unsigned char)at[1])))) {
    ++at;
  }
  *word = (polycall_string){begin, (size_t)(at - begin)};
  *rest = (polycall_string){at, (size_t)(end - at)};
  return word->size > 0;
}

/* Adds one word to the counts, in lower case. False when memory ran out. */
static bool add_word(zipf_v1_WordCounts* counts, polycall_arena* arena, polycall_string word) {
  char* lower = polycall_arena_alloc(arena, word.size);
  if (lower == NULL) {
    return false;
  }
  for (size_t i = 0; i < word.size; ++i) {
    char c = word.data[i];
    lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  const polycall_string key = {lower, word.size};
  uint32_t* count = zipf_v1_WordCounts_put_counts(counts, arena, key);
  if (count == NULL) {
    return false;
  }
  ++*count;
  ++counts->words;
  counts->letters += (uint32_t)word.size;
  if (word.size > counts->longest_word.size) {
    counts->longest_word = key;
  }
  return true;
}

static polycall_code count(void* arg, polycall_call* call, polycall_arena* arena,
                           zipf_v1_WordCounts* counts, polycall_status* status) {
  (void)arg;
  /* A line is only needed while its words are taken, the counts until the call ends: two arenas. */
  char space[2048];
  polycall_arena of_line;
  polycall_arena_init(&of_line, space, sizeof space);
  zipf_v1_Line line;
  bool enough_memory = true;
  while (enough_memory && zipf_v1_Counter_server_count_receive(call, &of_line, &line)) {
    ++counts->lines;
    polycall_string rest = line.text;
    polycall_string word;
    while (enough_memory && next_word(&rest, &word)) {
      enough_memory = add_word(counts, arena, word);
    }
    polycall_arena_reset(&of_line);
  }
  polycall_arena_free(&of_line);
  if (!enough_memory) {
    polycall_status_set(status, POLYCALL_RESOURCE_EXHAUSTED, "the text has too many words", NULL,
                        0);
    return POLYCALL_RESOURCE_EXHAUSTED;
  }
  return POLYCALL_OK;
}

polycall_code counter_serve(polycall_server* server, polycall_status* status) {
  const zipf_v1_Counter_handlers handlers = {.count = count};
  return zipf_v1_Counter_serve(server, &handlers, NULL, status);
}
