/* Calls the three services from C:  zipf_c TEXT COUNTER RANKER PAINTER
 *
 * Each of the last three is a target. A COUNTER that begins with "inproc:" is served by this program
 * itself. Prints one line for each call made: callee, call, kind, transport, median time in
 * nanoseconds and result, with tabs between.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counter.h"

enum { kRounds = 25, kTopWords = 12, kMaxLines = 1000 };

struct text {
  size_t count;
  polycall_string lines[kMaxLines];
};

struct caller {
  struct text text;
  zipf_v1_WordCounts counts; /* what Counter answered; the input of the other calls */
  polycall_arena counts_arena;
  polycall_status status;
};

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int by_value(const void* left, const void* right) {
  int64_t a = *(const int64_t*)left;
  int64_t b = *(const int64_t*)right;
  return (a > b) - (a < b);
}

static int64_t median(int64_t* times) {
  qsort(times, kRounds, sizeof *times, by_value);
  return times[kRounds / 2];
}

static void print_row(polycall_channel* channel, const char* callee, const char* call,
                      const char* kind, int64_t* times, const char* result) {
  const char* transport = polycall_channel_transport(channel);
  printf("%s\t%s\t%s\t%s\t%lld\t%s\n", callee, call, kind, transport ? transport : "none",
         (long long)median(times), result);
}

/* Splits the file into lines; the bytes live as long as the program. */
static bool read_text(const char* path, struct text* text) {
  static char bytes[256 * 1024];
  FILE* file = fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "zipf_c: cannot open %s\n", path);
    return false;
  }
  size_t size = fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  for (char* line = bytes; line < bytes + size && text->count < kMaxLines;) {
    char* end = memchr(line, '\n', (size_t)(bytes + size - line));
    end = end ? end : bytes + size;
    text->lines[text->count++] = (polycall_string){line, (size_t)(end - line)};
    line = end + 1;
  }
  return true;
}

/* Client streaming: the text line by line, one answer. */
static bool call_counter(struct caller* caller, polycall_channel* channel) {
  zipf_v1_Counter_client client;
  zipf_v1_Counter_client_init(&client, channel);
  int64_t times[kRounds];
  for (int round = 0; round < kRounds; ++round) {
    polycall_arena_reset(&caller->counts_arena);
    int64_t start = now_ns();
    polycall_call* call = zipf_v1_Counter_count_start(&client, NULL);
    for (size_t i = 0; i < caller->text.count; ++i) {
      const zipf_v1_Line line = {.text = caller->text.lines[i]};
      if (zipf_v1_Counter_count_send(call, &line, POLYCALL_SEND_BUFFERED, NULL) != POLYCALL_OK) {
        break; /* finish tells why */
      }
    }
    if (zipf_v1_Counter_count_finish(call, &caller->counts_arena, &caller->counts,
                                     &caller->status) != POLYCALL_OK) {
      return false;
    }
    times[round] = now_ns() - start;
  }
  char result[256];
  snprintf(result, sizeof result, "%u words, %zu different, longest \"%.*s\"", caller->counts.words,
           caller->counts.counts.size, POLYCALL_STRING_ARGS(caller->counts.longest_word));
  print_row(channel, "C", "Counter.Count", "client stream", times, result);
  return true;
}

/* Unary. */
static bool call_fit(struct caller* caller, polycall_channel* channel) {
  zipf_v1_Ranker_client client;
  zipf_v1_Ranker_client_init(&client, channel);
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  zipf_v1_Law law;
  int64_t times[kRounds];
  polycall_code code = POLYCALL_OK;
  for (int round = 0; round < kRounds && code == POLYCALL_OK; ++round) {
    int64_t start = now_ns();
    code = zipf_v1_Ranker_fit(&client, &caller->counts, &arena, &law, NULL, &caller->status);
    times[round] = now_ns() - start;
  }
  polycall_arena_free(&arena);
  if (code != POLYCALL_OK) {
    return false;
  }
  char result[128];
  snprintf(result, sizeof result, "count = %.0f / rank^%.2f, fits %.0f %%", law.constant,
           law.exponent, law.r_squared * 100);
  print_row(channel, "C++", "Ranker.Fit", "unary", times, result);
  return true;
}

/* Server streaming. Keeps the words in `arena` for the next call. */
static bool call_rank(struct caller* caller, polycall_channel* channel, polycall_arena* arena,
                      zipf_v1_RankedWord words[kTopWords], size_t* word_count) {
  zipf_v1_Ranker_client client;
  zipf_v1_Ranker_client_init(&client, channel);
  const zipf_v1_RankRequest request = {.counts = &caller->counts, .limit = kTopWords};
  int64_t times[kRounds];
  for (int round = 0; round < kRounds; ++round) {
    polycall_arena_reset(arena);
    *word_count = 0;
    int64_t start = now_ns();
    polycall_call* call = zipf_v1_Ranker_rank_start(&client, &request, NULL);
    while (*word_count < kTopWords &&
           zipf_v1_Ranker_rank_receive(call, arena, &words[*word_count])) {
      ++*word_count;
    }
    if (zipf_v1_Ranker_rank_finish(call, &caller->status) != POLYCALL_OK) {
      return false;
    }
    times[round] = now_ns() - start;
  }
  char result[128];
  snprintf(result, sizeof result, "%.*s %u, %.*s %u, %.*s %u ...",
           POLYCALL_STRING_ARGS(words[0].word), words[0].count, POLYCALL_STRING_ARGS(words[1].word),
           words[1].count, POLYCALL_STRING_ARGS(words[2].word), words[2].count);
  print_row(channel, "C++", "Ranker.Rank", "server stream", times, result);
  return true;
}

/* Bidirectional: a word there, a bar back. */
static bool call_painter(struct caller* caller, polycall_channel* channel,
                         const zipf_v1_RankedWord* words, size_t word_count) {
  zipf_v1_Painter_client client;
  zipf_v1_Painter_client_init(&client, channel);
  polycall_arena arena;
  polycall_arena_init(&arena, NULL, 0);
  char first[128] = "";
  int64_t times[kRounds];
  polycall_code code = POLYCALL_OK;
  for (int round = 0; round < kRounds && code == POLYCALL_OK; ++round) {
    int64_t start = now_ns();
    polycall_call* call = zipf_v1_Painter_paint_start(&client, NULL);
    for (size_t i = 0; i < word_count; ++i) {
      zipf_v1_Bar bar;
      if (zipf_v1_Painter_paint_send(call, &words[i], 0, NULL) != POLYCALL_OK ||
          !zipf_v1_Painter_paint_receive(call, &arena, &bar)) {
        break;
      }
      if (i == 0) {
        snprintf(first, sizeof first, "%.*s", POLYCALL_STRING_ARGS(bar.text));
      }
      polycall_arena_reset(&arena);
    }
    zipf_v1_Painter_paint_half_close(call);
    code = zipf_v1_Painter_paint_finish(call, &caller->status);
    times[round] = now_ns() - start;
  }
  polycall_arena_free(&arena);
  if (code == POLYCALL_OK) {
    print_row(channel, "Python", "Painter.Paint", "bidirectional", times, first);
  }
  return code == POLYCALL_OK;
}

static int failed(const char* what, polycall_status* status) {
  fprintf(stderr, "zipf_c: %s: %s: %s\n", what, polycall_code_name(status->code),
          status->message ? status->message : "");
  polycall_status_clear(status);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: zipf_c TEXT COUNTER RANKER PAINTER\n");
    return 2;
  }
  static struct caller caller;
  polycall_arena_init(&caller.counts_arena, NULL, 0);
  if (!read_text(argv[1], &caller.text)) {
    return 1;
  }
  polycall_server* own = NULL;
  if (strncmp(argv[2], "inproc:", 7) == 0) {
    own = polycall_server_new(NULL, &caller.status);
    if (own == NULL || counter_serve(own, &caller.status) != POLYCALL_OK ||
        polycall_server_listen(own, argv[2], NULL, 0, &caller.status) != POLYCALL_OK ||
        polycall_server_start(own, &caller.status) != POLYCALL_OK) {
      return failed("cannot serve Counter", &caller.status);
    }
  }
  polycall_channel* channels[3];
  for (int i = 0; i < 3; ++i) {
    channels[i] = polycall_channel_new(argv[2 + i], NULL, &caller.status);
    if (channels[i] == NULL) {
      return failed(argv[2 + i], &caller.status);
    }
  }
  zipf_v1_RankedWord words[kTopWords] = {{0}};
  size_t word_count = 0;
  polycall_arena words_arena;
  polycall_arena_init(&words_arena, NULL, 0);
  int result = 0;
  if (!call_counter(&caller, channels[0])) {
    result = failed("Counter.Count", &caller.status);
  } else if (!call_fit(&caller, channels[1])) {
    result = failed("Ranker.Fit", &caller.status);
  } else if (!call_rank(&caller, channels[1], &words_arena, words, &word_count)) {
    result = failed("Ranker.Rank", &caller.status);
  } else if (!call_painter(&caller, channels[2], words, word_count)) {
    result = failed("Painter.Paint", &caller.status);
  }
  polycall_arena_free(&words_arena);
  polycall_arena_free(&caller.counts_arena);
  for (int i = 0; i < 3; ++i) {
    polycall_channel_free(channels[i]);
  }
  if (own != NULL) {
    polycall_server_free(own);
  }
  return result;
}
