/* An expression as a list of steps that compute it for many x at once. */
#ifndef SYMBOLIC_PROGRAM_H_
#define SYMBOLIC_PROGRAM_H_

#include "symbolic.polycall.h"

enum { PROGRAM_STEPS = 4096, PROGRAM_BLOCK = 256 };

typedef enum program_kind {
  PROGRAM_NUMBER,
  PROGRAM_X,
  PROGRAM_APPLY,
  PROGRAM_OPERATE
} program_kind;

typedef struct program_step {
  program_kind kind;
  int which;     /* the function or operator */
  double number; /* of PROGRAM_NUMBER */
} program_step;

/* Steps in the order in which a stack machine takes them: arguments first. */
typedef struct program {
  program_step steps[PROGRAM_STEPS];
  int size;
  int depth; /* how many blocks the stack needs */
} program;

/* Translates the tree. Not OK for a tree with a missing or unknown part or too many of them. */
polycall_code program_compile(program* made, const symbolic_v1_Expression* tree,
                              polycall_status* status);

/* Computes values[i] = f(x[i]) for i < size <= PROGRAM_BLOCK. `stack` has program.depth blocks. */
void program_run(const program* compiled, const double* x, double* values, int size,
                 double (*stack)[PROGRAM_BLOCK]);

#endif
