#!/usr/bin/env bash
# reproduce.sh FOLDER: builds the packages again, in another folder and without the compiler cache, and compares them with
# FOLDER/*.deb byte for byte. Exit 1: they differ; which, and where inside, is printed.
# reproduce.sh FOLDER TARGET...: only these build targets, with the packages' flags, twice in two new folders: minutes, not an hour.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
first=$(realpath -m "$1"); shift
second=$(mktemp -d "${TMPDIR:-/tmp}/huren-another-place.XXXXXX")
trap 'rm -rf "$second"' EXIT
cd "$here"
same=0 different=0

part() {  # part FOLDER TARGET...: a copy of the tree there, and the targets built as debian/rules builds them
  local place=$1; shift
  mkdir -p "$place"
  git ls-files -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | tar --null -T - -cf - | tar -xf - -C "$place"
  (
    cd "$place"
    export DEB_BUILD_MAINT_OPTIONS=hardening=+all SOURCE_DATE_EPOCH=1 CCACHE_DISABLE=1
    eval "$(dpkg-buildflags --export=sh)"
    cmake -S . -B obj -G Ninja -DCMAKE_BUILD_TYPE=None -DHUREN_TESTS=OFF -DHUREN_MOLD=OFF -DHUREN_CCACHE=OFF >obj.log
    cmake --build obj -j "${HUREN_JOBS:-$(nproc)}" --target "$@" >obj.log
  ) || { tail -20 "$place/obj.log"; return 1; }
}

if [ $# -gt 0 ]; then
  part "$second/one" "$@"
  part "$second/another/and-a-longer-one" "$@"
  while IFS= read -r -d '' file; do
    name=${file#"$second/one/obj/"}
    if cmp "$file" "$second/another/and-a-longer-one/obj/$name"; then same=$((same + 1)); else different=$((different + 1)); fi
  done < <(find "$second/one/obj" -type f \( -path "*/obj/bin/*" -o -path "*/obj/lib/*" -o -name "*.a" \) -print0)
  echo "$same files the same byte for byte, $different different; built twice, in two folders: $*"
else
  CCACHE_DISABLE=1 packaging/tools/package.sh "$second" >/dev/null
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
fi
[ "$different" = 0 ] && [ "$same" -gt 0 ]
