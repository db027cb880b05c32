#!/usr/bin/env bash
# cabal_test.sh SOURCE BUILD PLUGIN LIBRARY_DIR: `cabal build` of the package with an empty configuration:
# no index, no network, boot packages alone.
set -euo pipefail
source="$1/bindings/haskell" library="$4"
command -v cabal >/dev/null || { echo "cabal is missing: script/bootstrap installs cabal-install"; exit 1; }
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/home"
: >"$work/config"
export HOME="$work/home" CABAL_CONFIG="$work/config" CABAL_DIR="$work/cabal"
cp -r "$source" "$work/package"
cd "$work/package"
timeout 280 cabal --config-file="$work/config" build --offline -v1 -O0 \
  --extra-lib-dirs="$library" --extra-include-dirs="$1/runtime/include" >"$work/log" 2>&1 ||
  { tail -30 "$work/log" >&2; exit 1; }
echo "cabal: ok"
