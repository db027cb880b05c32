#!/usr/bin/env bash
# build_package.sh SOURCE_DIR BUILD_DIR LIBRARY_DIR INCLUDE_DIR GHC RUNGHC: builds the cabal package with
# Cabal's own Setup (no cabal-install, no index, no network) and registers it in BUILD_DIR/package.conf.d.
set -euo pipefail
source_dir="$1" build_dir="$2" library_dir="$3" include_dir="$4" ghc="$5" runghc="$6"

mkdir -p "$build_dir"
database="$build_dir/package.conf.d"
[[ -d "$database" ]] || "$(dirname "$(readlink -f "$ghc")")/ghc-pkg" init "$database" 2>/dev/null ||
  ghc-pkg init "$database"
cd "$source_dir"
log="$build_dir/build.log"
run() {
  "$runghc" Setup.hs "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
}
dist="$build_dir/dist"
run configure --builddir="$dist" --package-db=clear --package-db=global --package-db="$database" \
  --with-compiler="$ghc" --disable-library-profiling --enable-shared --enable-library-vanilla \
  --extra-lib-dirs="$library_dir" --extra-include-dirs="$include_dir" \
  --ghc-options="-optl-Wl,-rpath,$library_dir"
run build --builddir="$dist"
run register --builddir="$dist" --inplace
