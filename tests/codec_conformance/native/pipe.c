#include "pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct buffer {
  char* data;
  size_t begin; /* of what was not consumed yet */
  size_t end;
  size_t capacity;
} buffer;

static buffer input;
static buffer output;

static void end_program(const char* reason) {
  fprintf(stderr, "codec testee: %s\n", reason);
  exit(2);
}

/* Room for `more` bytes at the end. */
static void reserve(buffer* self, size_t more) {
  if (self->begin > 0) {
    memmove(self->data, self->data + self->begin, self->end - self->begin);
    self->end -= self->begin;
    self->begin = 0;
  }
  if (self->capacity - self->end >= more) return;
  size_t capacity = self->capacity == 0 ? 65536 : self->capacity;
  while (capacity - self->end < more) capacity *= 2;
  self->data = (char*)realloc(self->data, capacity);
  if (self->data == NULL) end_program("out of memory");
  self->capacity = capacity;
}

static void flush(void) {
  while (output.begin < output.end) {
    const ssize_t written = write(1, output.data + output.begin, output.end - output.begin);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) end_program("standard output was closed");
    output.begin += (size_t)written;
  }
  output.begin = output.end = 0;
}

static uint32_t load32(const char* at) {
  const uint8_t* const bytes = (const uint8_t*)at;
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Makes at least `size` unread bytes available. False: the input ended. */
static bool fill(size_t size) {
  while (input.end - input.begin < size) {
    flush();
    reserve(&input, size > 65536 ? size : 65536);
    const ssize_t got = read(0, input.data + input.end, input.capacity - input.end);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    input.end += (size_t)got;
  }
  return true;
}

bool codec_read_request(codec_request* request) {
  if (!fill(4)) {
    if (input.end != input.begin) end_program("the input ends within a request");
    flush();
    return false;
  }
  const size_t size = load32(input.data + input.begin);
  if (!fill(4 + size)) end_program("the input ends within a request");
  const char* at = input.data + input.begin + 4;
  const char* const end = at + size;
  input.begin += 4 + size; /* the bytes stay where they are until the next fill */
  if (size < 2 || size - 2 < (uint8_t)at[1]) end_program("a request is too short");
  request->action = (uint8_t)*at++;
  const size_t name_size = (uint8_t)*at++;
  memcpy(request->name, at, name_size);
  request->name[name_size] = '\0';
  at += name_size;
  request->iterations = 0;
  if (request->action == CODEC_BENCH) {
    if (end - at < 4) end_program("a bench has no iterations");
    request->iterations = load32(at);
    at += 4;
  }
  request->data = at;
  request->size = (size_t)(end - at);
  return true;
}

void codec_answer(enum codec_result result, const void* data, size_t size) {
  reserve(&output, size + 5);
  char* const at = output.data + output.end;
  for (int i = 0; i < 4; ++i) at[i] = (char)((size + 1) >> (8 * i));
  at[4] = (char)result;
  if (size > 0) memcpy(at + 5, data, size);
  output.end += size + 5;
}

void codec_answer_text(enum codec_result result, const char* text) {
  codec_answer(result, text, strlen(text));
}

void codec_answer_time(uint64_t nanoseconds) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = (char)(nanoseconds >> (8 * i));
  codec_answer(CODEC_ACCEPTED, bytes, sizeof bytes);
}

uint64_t codec_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
