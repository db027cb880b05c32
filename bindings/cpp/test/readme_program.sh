#!/bin/sh
# Runs the README's first program: readme_program.sh SERVER CLIENT SOCKET
set -eu
rm -f "$3"
"$1" &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
for _ in $(seq 100); do
  [ -S "$3" ] && break
  sleep 0.1
done
answer=$("$2")
echo "$answer"
[ "$answer" = "Hello, world" ]
