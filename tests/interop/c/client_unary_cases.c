// Calls with one message each way.
#include "client.h"

int empty_unary(Context* context) { return call_empty(context); }

int large_unary(Context* context) { return call_large_unary(context, &context->test); }
