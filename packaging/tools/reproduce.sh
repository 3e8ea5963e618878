#!/usr/bin/env bash
# reproduce.sh FOLDER: builds the packages again, in another folder and without the compiler cache, and compares them with
# FOLDER/*.deb byte for byte. Exit 1: they differ; which, and where inside, is printed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
first=$(realpath "$1")
second=$(mktemp -d "${TMPDIR:-/tmp}/huren-another-place.XXXXXX")
trap 'rm -rf "$second"' EXIT
cd "$here"
CCACHE_DISABLE=1 HUREN_CONFIGURE=-DHUREN_CCACHE=OFF packaging/tools/package.sh "$second" >/dev/null
same=0 different=0
for deb in "$second"/*.deb "$second"/*.zip "$second"/*.json; do
  name=$(basename "$deb")
  if cmp -s "$deb" "$first/$name"; then
    same=$((same + 1))
  else
    different=$((different + 1))
    echo "$name differs:"
    [ "${name##*.}" = deb ] || continue
    mkdir -p "$second/a" "$second/b"
    dpkg-deb -R "$first/$name" "$second/a" && dpkg-deb -R "$deb" "$second/b"
    diff -rq "$second/a" "$second/b" || true
    rm -rf "$second/a" "$second/b"
  fi
done
echo "$same files the same byte for byte, $different different; built in $first/source and in another folder"
[ "$different" = 0 ] && [ "$same" -gt 0 ]
