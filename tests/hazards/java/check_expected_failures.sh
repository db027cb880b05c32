#!/bin/sh
# Every file of expected_failures fails, and fails in what protoc itself makes; one that does not is a
# failure, because its line is out of date.
#
#   check_expected_failures.sh PROTOC PLUGIN JAVAC CLASSPATH
set -eu
protoc=$1 plugin=$2 javac=$3 classpath=$4
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
result=0
while read -r file reason; do
  [ -n "$file" ] || continue
  rm -rf "$work/src"
  mkdir "$work/src"
  "$protoc" -I "$here/../../protos" --java_out="$work/src" "$file" 2>/dev/null
  if "$javac" -encoding UTF-8 -proc:none -nowarn -d "$work/classes" -cp "$classpath" \
      $(find "$work/src" -name '*.java') 2>"$work/log"; then
    echo "$file compiles: take its line out of $here/expected_failures" >&2
    result=1
  else
    echo "$file fails as expected: $reason"
  fi
done <"$here/expected_failures"

# A package that Java cannot name is refused with what to do about it.
if "$protoc" --plugin=protoc-gen-polycall="$plugin" -I "$here/../../protos" \
    --polycall_out=lang=java:"$work" hazards/keywords.proto 2>"$work/log"; then
  echo "hazards/keywords.proto is generated: its package is no Java package" >&2
  result=1
elif ! grep -q 'option java_package' "$work/log"; then
  echo "the refusal of hazards/keywords.proto does not say what to do:" >&2
  cat "$work/log" >&2
  result=1
fi
exit $result
