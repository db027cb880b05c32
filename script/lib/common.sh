# Helpers that every script of this folder sources. Sets ROOT (the project's folder), PYTHON and JOBS.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PYTHON=/usr/bin/python3 # Debian's: the one that sees Debian's Python packages
JOBS="${POLYCALL_JOBS:-$(nproc)}"

# Debian's own programs come first, so that tools of the same name elsewhere do not get in the way.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"
export PYTHONDONTWRITEBYTECODE=1

# What was compiled in one checkout serves the next one.
export CCACHE_BASEDIR="$ROOT" CCACHE_NOHASHDIR=1

if [[ -t 1 && -z "${NO_COLOR:-}" ]]; then
  BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' RESET=$'\e[0m'
else
  BOLD='' DIM='' RED='' GREEN='' RESET=''
fi

# say TEXT...: a line of progress.
say() { printf '%s\n' "$*"; }

# die TEXT...: says what is wrong and what to do, and ends the script.
die() {
  printf '%s%s%s\n' "$RED" "$*" "$RESET" >&2
  exit 1
}

# seconds_since START: whole seconds since `START` (a value of $SECONDS).
seconds_since() { printf '%d s' "$((SECONDS - $1))"; }

# logged NAME COMMAND...: runs COMMAND with its output in $LOG_DIR/NAME.log and one line on the
# screen; on failure prints the end of the log.
logged() {
  local name=$1 start=$SECONDS log
  shift
  log="$LOG_DIR/$name.log"
  mkdir -p "$LOG_DIR"
  printf '  %-34s' "$name"
  if "$@" >"$log" 2>&1; then
    printf '%sdone%s %s%s%s\n' "$GREEN" "$RESET" "$DIM" "$(seconds_since "$start")" "$RESET"
    return 0
  fi
  printf '%sFAILED%s %s\n' "$RED" "$RESET" "$(seconds_since "$start")"
  tail -n 40 "$log" | sed 's/^/    | /'
  say "    the whole log: ${log#"$ROOT"/}"
  return 1
}
