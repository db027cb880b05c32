#include "program.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double kPi = 3.14159265358979323846;
static const double kE = 2.71828182845904523536;

static polycall_code refuse(polycall_status* status, const char* what) {
  polycall_status_set(status, POLYCALL_INVALID_ARGUMENT, what, NULL, 0);
  return POLYCALL_INVALID_ARGUMENT;
}

static polycall_code add(program* made, program_step step, int depth, polycall_status* status) {
  if (made->size == PROGRAM_STEPS) {
    return refuse(status, "the expression is too long: more than 4096 parts");
  }
  made->steps[made->size++] = step;
  if (depth + 1 > made->depth) {
    made->depth = depth + 1;
  }
  return POLYCALL_OK;
}

/* `depth`: how many values are on the stack before the node's own. The tree is as deep as a message
 * may be, which bounds the recursion. */
static polycall_code compile(program* made, const symbolic_v1_Expression* node, int depth,
                             polycall_status* status) {
  if (node == NULL) {
    return refuse(status, "the expression lacks a part: an argument is not set");
  }
  polycall_code code;
  switch (node->node_case) {
    case SYMBOLIC_V1_EXPRESSION_NODE_NUMBER:
      return add(made, (program_step){PROGRAM_NUMBER, 0, node->node.number}, depth, status);
    case SYMBOLIC_V1_EXPRESSION_NODE_SYMBOL:
      switch (node->node.symbol) {
        case SYMBOLIC_V1_SYMBOL_X:
          return add(made, (program_step){PROGRAM_X, 0, 0}, depth, status);
        case SYMBOLIC_V1_SYMBOL_PI:
          return add(made, (program_step){PROGRAM_NUMBER, 0, kPi}, depth, status);
        case SYMBOLIC_V1_SYMBOL_E:
          return add(made, (program_step){PROGRAM_NUMBER, 0, kE}, depth, status);
        default:
          return refuse(status, "the expression has a symbol that I do not know");
      }
    case SYMBOLIC_V1_EXPRESSION_NODE_APPLICATION: {
      const symbolic_v1_Application* application = node->node.application;
      if (application->function <= SYMBOLIC_V1_FUNCTION_UNSPECIFIED ||
          application->function > SYMBOLIC_V1_FUNCTION_SIGN) {
        return refuse(status, "the expression has a function that I do not know");
      }
      code = compile(made, application->argument, depth, status);
      return code != POLYCALL_OK
                 ? code
                 : add(made, (program_step){PROGRAM_APPLY, (int)application->function, 0}, depth,
                       status);
    }
    case SYMBOLIC_V1_EXPRESSION_NODE_OPERATION: {
      const symbolic_v1_Operation* operation = node->node.operation;
      if (operation->operator_ <= SYMBOLIC_V1_OPERATOR_UNSPECIFIED ||
          operation->operator_ > SYMBOLIC_V1_OPERATOR_POWER) {
        return refuse(status, "the expression has an operator that I do not know");
      }
      code = compile(made, operation->left, depth, status);
      if (code == POLYCALL_OK) {
        code = compile(made, operation->right, depth + 1, status);
      }
      return code != POLYCALL_OK
                 ? code
                 : add(made, (program_step){PROGRAM_OPERATE, (int)operation->operator_, 0}, depth,
                       status);
    }
    default:
      return refuse(status, "the expression lacks a part: a node is empty");
  }
}

polycall_code program_compile(program* made, const symbolic_v1_Expression* tree,
                              polycall_status* status) {
  made->size = 0;
  made->depth = 0;
  return compile(made, tree, 0, status);
}

static double sign(double value) { return value > 0 ? 1 : value < 0 ? -1 : value; }

#define EACH(result)               \
  for (int i = 0; i < size; ++i) { \
    a[i] = (result);               \
  }                                \
  break

static void apply(int function, double* a, int size) {
  switch (function) {
    case SYMBOLIC_V1_FUNCTION_NEGATE:
      EACH(-a[i]);
    case SYMBOLIC_V1_FUNCTION_SIN:
      EACH(sin(a[i]));
    case SYMBOLIC_V1_FUNCTION_COS:
      EACH(cos(a[i]));
    case SYMBOLIC_V1_FUNCTION_TAN:
      EACH(tan(a[i]));
    case SYMBOLIC_V1_FUNCTION_EXP:
      EACH(exp(a[i]));
    case SYMBOLIC_V1_FUNCTION_LOG:
      EACH(log(a[i]));
    case SYMBOLIC_V1_FUNCTION_SQRT:
      EACH(sqrt(a[i]));
    case SYMBOLIC_V1_FUNCTION_ABS:
      EACH(fabs(a[i]));
    case SYMBOLIC_V1_FUNCTION_SIGN:
      EACH(sign(a[i]));
    default:
      break;
  }
}

static void operate(int operator, double * a, const double* b, int size) {
  switch (operator) {
    case SYMBOLIC_V1_OPERATOR_ADD:
      EACH(a[i] + b[i]);
    case SYMBOLIC_V1_OPERATOR_SUBTRACT:
      EACH(a[i] - b[i]);
    case SYMBOLIC_V1_OPERATOR_MULTIPLY:
      EACH(a[i] * b[i]);
    case SYMBOLIC_V1_OPERATOR_DIVIDE:
      EACH(a[i] / b[i]);
    case SYMBOLIC_V1_OPERATOR_POWER:
      EACH(pow(a[i], b[i]));
    default:
      break;
  }
}

void program_run(const program* compiled, const double* x, double* values, int size,
                 double (*stack)[PROGRAM_BLOCK]) {
  int top = -1;
  for (const program_step* step = compiled->steps; step < compiled->steps + compiled->size;
       ++step) {
    switch (step->kind) {
      case PROGRAM_NUMBER:
        ++top;
        for (int i = 0; i < size; ++i) {
          stack[top][i] = step->number;
        }
        break;
      case PROGRAM_X:
        memcpy(stack[++top], x, sizeof(double) * (size_t)size);
        break;
      case PROGRAM_APPLY:
        apply(step->which, stack[top], size);
        break;
      case PROGRAM_OPERATE:
        --top;
        operate(step->which, stack[top], stack[top + 1], size);
        break;
    }
  }
  memcpy(values, stack[0], sizeof(double) * (size_t)size);
}
