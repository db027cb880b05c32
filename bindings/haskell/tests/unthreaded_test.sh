#!/usr/bin/env bash
# unthreaded_test.sh SOURCE BUILD PLUGIN LIBRARY_DIR: a program without -threaded is told so, clearly.
set -euo pipefail
db="$2/haskell/package.conf.d" library="$4"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >Main.hs <<'END'
{-# LANGUAGE OverloadedStrings #-}
import Polycall
main :: IO ()
main = withChannel "unix:/nowhere" defaultChannelOptions (const (return ()))
END
ghc -v0 -package-db "$db" -package polycall Main.hs -o main -optl-Wl,-rpath,"$library"
if ./main 2>log; then echo "it ran" >&2; exit 1; fi
grep -q -- "-threaded" log || { cat log >&2; exit 1; }
echo "unthreaded: ok"
