/* A server of hazards.streaming.Streaming, with blocking or with asynchronous handlers. */
#ifndef POLYCALL_TESTS_HAZARDS_C_STREAMING_SERVICE_H_
#define POLYCALL_TESTS_HAZARDS_C_STREAMING_SERVICE_H_

#include "hazards/streaming.polycall.h"

/* What the two kinds of handlers do is the same, as the .proto says. */
extern const hazards_streaming_Streaming_handlers blocking_handlers;
extern const hazards_streaming_Streaming_handlers asynchronous_handlers;

#endif /* POLYCALL_TESTS_HAZARDS_C_STREAMING_SERVICE_H_ */
