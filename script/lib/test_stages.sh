# The stages of script/test: one function each, run in the project's folder with `set -e`.
# shellcheck shell=bash

stage_bootstrap() { script/bootstrap build test; }

stage_build() { configure_and_build release; }

stage_unit() { run_ctest build/release ${POLYCALL_FILTER:+-R "$POLYCALL_FILTER"}; }

stage_layers() { counted script/check-layers; }

stage_format() { counted script/check-format; }

stage_sizes() { counted script/check-sizes; }

stage_docs() { counted script/check-readme; }

stage_tidy() { counted script/check-tidy; }

stage_interop() { counted tests/interop/run --build-dir build/release; }

# sanitized_tests BUILD TRANSPORTS: everything that a sanitizer can see: Python's part is not built for it.
sanitized_tests() {
  local status=0
  run_ctest "$1" || status=1
  counted tests/interop/run --build-dir "$1" --clients cpp,c --servers cpp,c --transports "$2" ||
    status=1
  return "$status"
}

stage_asan() {
  configure_and_build asan
  export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:allocator_may_return_null=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  sanitized_tests build/asan inproc,shm,unix,tcp,tls,grpc
}

stage_tsan() {
  configure_and_build tsan
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0:allocator_may_return_null=1:suppressions="$ROOT/tests/tsan.supp"
  # Not grpc: Debian's gRPC is not built for the sanitizer, which so reports whatever its threads hand on.
  sanitized_tests build/tsan inproc,shm,unix,tcp,tls
}

stage_fuzz() { counted tests/fuzz/run --seconds "${POLYCALL_FUZZ_SECONDS:-60}"; }

stage_chaos() { counted tests/chaos/run --seconds "${POLYCALL_CHAOS_SECONDS:-120}"; }

stage_images() { counted tests/polycalld/images build/release; }

stage_install() { counted tests/install/run build/release; }

stage_wheel() { counted tests/install/python build/release; }
