#!/bin/sh
# Every file of expected_failures fails to compile; one that does not is a failure, because its line is
# out of date.
#
#   check_expected_failures.sh PROTOC PLUGIN COMPILER [compiler options...]
set -eu
protoc=$1 plugin=$2 compiler=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
result=0
while read -r file reason; do
  [ -n "$file" ] || continue
  "$protoc" --plugin=protoc-gen-polycall="$plugin" -I "$here/../../protos" --cpp_out="$work" \
    --polycall_out=lang=cpp:"$work" "$file"
  if "$compiler" "$@" -std=c++20 -fsyntax-only -I "$work" -x c++ "$work/${file%.proto}.polycall.h" \
      2>"$work/log"; then
    echo "$file compiles: take its line out of $here/expected_failures" >&2
    result=1
  elif ! grep -q "${file%.proto}.pb.h" "$work/log"; then
    echo "$file fails, but not in protoc's own header:" >&2
    head -20 "$work/log" >&2
    result=1
  else
    echo "$file fails as expected: $reason"
  fi
done <"$here/expected_failures"
exit $result
