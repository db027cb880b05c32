#!/usr/bin/env bash
# haddock_test.sh SOURCE BUILD PLUGIN LIBRARY_DIR: the binding's and a generated module's documentation is
# made without an error, and says what the .proto says.
set -euo pipefail
command -v haddock >/dev/null || { echo "haddock is missing: it comes with ghc"; exit 1; }
source="$1" db="$2/haskell/package.conf.d" plugin="$3"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
protoc --plugin=protoc-gen-polycall="$plugin" --polycall_out=lang=haskell:"$work" \
  -I"$source/tests/protos" -I"$source/idl" "$source/tests/protos/hazards/streaming.proto" \
  "$source/tests/protos/hazards/unicode.proto"
haddock --html -o "$work/html" --optghc=-package-db --optghc="$db" --optghc=-package --optghc=polycall \
  --optghc=-i"$work" "$work/Proto/Hazards/Streaming.hs" "$work/Proto/Hazards/Unicode.hs" \
  >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
grep -q "Adds up the numbers of the items" "$work/html/Proto-Hazards-Streaming.html"
haddock --html -o "$work/html2" --optghc=-i"$source/bindings/haskell/src" \
  "$source/bindings/haskell/src/Polycall.hs" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
grep -q "asynchronous exception" "$work/html2/Polycall.html"
echo "haddock: ok"
