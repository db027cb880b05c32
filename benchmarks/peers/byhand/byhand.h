// Protobuf by hand: what a good programmer gets without any framework. The bar for PolyCall.
#ifndef POLYCALL_BENCHMARKS_PEERS_BYHAND_BYHAND_H_
#define POLYCALL_BENCHMARKS_PEERS_BYHAND_BYHAND_H_

#include "common/bench_program.h"

namespace byhand {

int Serve(const bench_options* options);
int Measure(const bench_options* options, bench_result* result);

}  // namespace byhand

#endif  // POLYCALL_BENCHMARKS_PEERS_BYHAND_BYHAND_H_
