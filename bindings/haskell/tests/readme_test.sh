#!/usr/bin/env bash
# readme_test.sh SOURCE BUILD PLUGIN LIBRARY_DIR: the first program of the README, compiled and run as it
# stands there.
set -euo pipefail
readme="$1/bindings/haskell/README.md" db="$2/haskell/package.conf.d" plugin="$3" library="$4"
work="$(mktemp -d)"
server=
trap '[[ -z "$server" ]] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

# The code block that follows the line "`NAME`:".
extract() {
  awk -v name="\`$1\`:" '$0 == name {found = 1; next} found && /^```/ {if (inside) exit; inside = 1; next}
    inside {print}' "$readme" | sed "s|/tmp/calc-haskell.sock|$work/calc.sock|" >"$1"
  [[ -s "$1" ]] || { echo "no block for $1 in $readme" >&2; exit 1; }
}
for name in calc.proto Server.hs Client.hs; do extract "$name"; done
protoc --plugin=protoc-gen-polycall="$plugin" --polycall_out=lang=haskell:. calc.proto
for name in Server Client; do
  ghc -v0 -Wall -Wno-missing-signatures -Werror -threaded -package-db "$db" -package polycall \
    -outputdir "$name.o" -main-is Main "$name.hs" -o "$name" -optl-Wl,-rpath,"$library"
done
./Server >server.log &
server=$!
answer="$(timeout 30 ./Client | tr '\n' ' ')"
[[ "$answer" == "3 0 1 2 " ]] || { echo "the client printed: $answer" >&2; cat server.log >&2; exit 1; }
grep -q "^serving unix:" server.log
echo "README: ok"
