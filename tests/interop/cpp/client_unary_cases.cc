// Calls with one message each way.
#include "client.h"

namespace interop {

void EmptyUnary(Context& context) { CallEmpty(context); }

void LargeUnary(Context& context) { CallLargeUnary(context.test); }

}  // namespace interop
