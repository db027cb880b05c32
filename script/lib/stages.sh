# Runs the stages of script/test and keeps the count. Needs common.sh.
# shellcheck shell=bash

TOTAL_PASSED=0
TOTAL_FAILED=0
FAILED_STAGES=()

# Ends the whole stage when it takes this long, so that a hang is a failure with a log.
STAGE_TIMEOUT="${POLYCALL_STAGE_TIMEOUT:-1500}"

RUNNING_STAGE=''
trap '[[ -z $RUNNING_STAGE ]] || kill "$RUNNING_STAGE"' EXIT
trap 'exit 130' INT TERM

# show_progress PID NAME WHAT LOG: while PID runs, shows on a terminal what the log says last.
show_progress() {
  local pid=$1 name=$2 what=$3 log=$4 start=$SECONDS last
  [[ -t 1 ]] || return 0
  while kill -0 "$pid" 2>/dev/null; do
    last="$(tail -c 300 "$log" | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-50 || true)"
    printf '\r\e[K%s%-10s%s %-46s %s%s  %s%s' "$BOLD" "$name" "$RESET" "$what" "$DIM" \
      "$(seconds_since "$start")" "$last" "$RESET"
    sleep 0.5
  done
  printf '\r\e[K%s%-10s%s %-46s ' "$BOLD" "$name" "$RESET" "$what"
}

# run_stage NAME WHAT: runs function stage_NAME in a shell of its own, with its output in
# $LOG_DIR/NAME.log. The stage counts what it ran with `count PASSED FAILED`; one that counts nothing
# is one case. Prints one line, and on failure the end of the log.
run_stage() {
  local name=$1 what=$2 start=$SECONDS log="$LOG_DIR/$1.log" counts="$LOG_DIR/$1.count"
  local status=0 passed=0 failed=0 line_passed line_failed
  : >"$counts"
  rm -f "$counts.failed"
  printf '%s%-10s%s %-46s ' "$BOLD" "$name" "$RESET" "$what"
  # The function is handed over by text: `timeout` runs programs only, and puts them in a process
  # group of their own, so that everything a stage started ends with it.
  COUNTS="$counts" timeout --kill-after=10 "$STAGE_TIMEOUT" \
    bash -c "set -euo pipefail; source '$ROOT/script/lib/common.sh'; \
             source '$ROOT/script/lib/stages.sh'; source '$ROOT/script/lib/test_stages.sh'; \
             cd '$ROOT'; stage_${name//-/_}" >"$log" 2>&1 </dev/null &
  RUNNING_STAGE=$!
  show_progress "$RUNNING_STAGE" "$name" "$what" "$log"
  wait "$RUNNING_STAGE" || status=$?
  RUNNING_STAGE=''
  while read -r line_passed line_failed; do
    passed=$((passed + line_passed)) failed=$((failed + line_failed))
  done <"$counts"
  if [[ $status -eq 124 ]]; then
    say "the stage was ended after $STAGE_TIMEOUT s" >>"$log"
  fi
  if [[ $status -eq 0 && $((passed + failed)) -eq 0 ]]; then
    passed=1
  elif [[ $status -ne 0 && $failed -eq 0 ]]; then
    failed=1
  fi
  TOTAL_PASSED=$((TOTAL_PASSED + passed))
  TOTAL_FAILED=$((TOTAL_FAILED + failed))
  if [[ $failed -eq 0 ]]; then
    printf '%s%5d passed%s  %s%s%s\n' "$GREEN" "$passed" "$RESET" "$DIM" \
      "$(seconds_since "$start")" "$RESET"
    return 0
  fi
  FAILED_STAGES+=("$name")
  printf '%s%5d failed%s, %d passed  %s\n' "$RED" "$failed" "$RESET" "$passed" \
    "$(seconds_since "$start")"
  tail -n 40 "$log" | sed 's/^/    | /'
  if [[ -s "$counts.failed" ]]; then
    say "    failed tests:"
    sed 's/^/    /' "$counts.failed"
  fi
  say "    the whole log: ${log#"$ROOT"/}"
  say "    only this again: script/test --stage $name"
  return 1
}

# count PASSED FAILED: adds to the running stage's count.
count() { printf '%d %d\n' "$1" "$2" >>"$COUNTS"; }

# counted COMMAND...: runs COMMAND, whose output has a line "N passed, N failed", and counts that.
counted() {
  local output status=0 passed failed
  output="$(mktemp)"
  "$@" 2>&1 | tee "$output" || status=$?
  read -r passed failed < <("$PYTHON" "$ROOT/script/lib/count_results.py" log "$output" | head -n 1)
  rm -f "$output"
  if [[ $status -ne 0 && $failed -eq 0 ]]; then
    failed=1
  elif [[ $((passed + failed)) -eq 0 ]]; then
    passed=1
  fi
  count "$passed" "$failed"
  return "$status"
}

# run_ctest BUILD [ARGUMENT...]: ctest in the build folder, counting the cases inside its programs.
run_ctest() {
  local build=$1 results status=0 counts
  shift
  results="$ROOT/$build/test-results.xml"
  rm -f "$results"
  ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$JOBS" \
    --test-output-size-passed 4000000 --test-output-size-failed 4000000 \
    --output-junit "$results" "$@" || status=$?
  counts="$("$PYTHON" "$ROOT/script/lib/count_results.py" junit "$results")"
  # shellcheck disable=SC2046
  count $(head -n 1 <<<"$counts")
  if [[ $status -ne 0 ]]; then
    say "failed:"
    tail -n +2 <<<"$counts" | sed 's/^/  /' | tee -a "$COUNTS.failed"
  fi
  return "$status"
}

# configure_and_build PRESET [TARGET...]
configure_and_build() {
  local preset=$1
  shift
  cmake --preset "$preset"
  cmake --build "$ROOT/build/$preset" -j "$JOBS" ${1+--target "$@"}
}
