#!/usr/bin/env bash
# Fuzzes every target there is, one after the other: tools/fuzz.sh TIME-FOR-EACH.
set -euo pipefail
cd "$(dirname "$0")/.."
git grep -lE '^func Fuzz' -- '*_test.go' | while read -r file; do
  sed -nE 's/^func (Fuzz[A-Za-z0-9]+)\(.*/\1/p' "$file" | while read -r target; do
    echo "== ./$(dirname "$file") $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" "./$(dirname "$file")" </dev/null
  done
done
