#!/bin/sh
# Generates every hazard proto again and compares the result with what is committed.
#
#   tests/golden/check.sh [--update] [--plugin FILE] [--protoc FILE] [LANGUAGE...]
#
# LANGUAGE: cpp, c, python; none: all that have a folder here. --update writes instead of comparing.
# `refused` lists the files that a language's emitter refuses, each with the reason.
# --plugin: protoc-gen-polycall, default: the one in build/release/codegen. Exit code 1: a difference.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
protos=$here/../protos
idl=$here/../../idl
plugin=$here/../../build/release/codegen/protoc-gen-polycall
protoc=protoc
update=no
languages=
while [ $# -gt 0 ]; do
  case $1 in
    --update) update=yes ;;
    --plugin) plugin=$2; shift ;;
    --protoc) protoc=$2; shift ;;
    --help | -h) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "check.sh: unknown option $1; see --help" >&2; exit 2 ;;
    *) languages="$languages $1" ;;
  esac
  shift
done
if [ ! -x "$plugin" ]; then
  echo "check.sh: no plugin at $plugin: build the target protoc-gen-polycall, or name it with --plugin" >&2
  exit 2
fi
if [ -z "$languages" ]; then
  languages=$(cd "$here" && find . -mindepth 1 -maxdepth 1 -type d | sed 's|^\./||' | LC_ALL=C sort)
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cd "$protos"
files=$(find . -name '*.proto' | sed 's|^\./||' | LC_ALL=C sort)
result=0
for language in $languages; do
  made=$work/$language
  mkdir -p "$made"
  for file in $files; do
    # protoc itself warns about the names that some of the files are there for.
    if grep -q "^$language $file " "$here/refused"; then
      if "$protoc" --plugin=protoc-gen-polycall="$plugin" --polycall_out="lang=$language:$work" \
          -I . -I "$idl" "$file" >"$work/log" 2>&1; then
        echo "$language: $file is generated: take its line out of $here/refused" >&2
        result=1
      fi
    elif ! "$protoc" --plugin=protoc-gen-polycall="$plugin" --polycall_out="lang=$language:$made" \
        -I . -I "$idl" "$file" >"$work/log" 2>&1; then
      echo "$language: $file cannot be generated:" >&2
      cat "$work/log" >&2
      result=1
    fi
  done
  count=$(find "$made" -type f | wc -l)
  if [ "$update" = yes ]; then
    rm -rf "${here:?}/$language"
    cp -R "$made" "$here/$language"
    echo "$language: wrote $count files"
  elif diff -ru "$here/$language" "$made" >"$work/diff" 2>&1; then
    echo "$language: $count files as committed"
  else
    sed -n '1,60p' "$work/diff"
    echo "$language: generated code differs from tests/golden/$language ($(grep -c '^[-+][^-+]' "$work/diff" || true) lines)." >&2
    echo "If that is meant: tests/golden/check.sh --update $language, and review the difference." >&2
    result=1
  fi
done
exit $result
