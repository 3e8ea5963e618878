#!/usr/bin/env bash
# package.sh [OUT]: the Debian packages of this tree, the SDK's zip and the parts list, into OUT (build/package); prints their names.
# Builds a copy of the tracked files with packaging/deb as debian/, so that nothing of the working folder gets in. Repeated
# runs compile what changed. HUREN_CONFIGURE adds CMake arguments; HUREN_REVISION=~old makes packages of an older version in OUT/old.
# HUREN_TRIAL=1: compiled as the release preset compiles, so that its cached objects serve: for trying, never for shipping (no fortify).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=$(realpath -m "${1:-build/package}")
stage=$out/source
mkdir -p "$stage"
find "$stage" -mindepth 1 -maxdepth 1 ! -name obj ! -name build -exec rm -rf {} +
git ls-files -z | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | tar --null -T - -cf - | tar -xf - -C "$stage"
# The console's pages, built beforehand: with web-dist in its tree the package builds without Node.
work=$out/web && mkdir -p "$work" && cp -a plugin/console/web/. "$work"
(cd "$work" && npm ci --no-audit --no-fund --loglevel=error && node build.mjs "$stage/web-dist") >"$out/web.log" 2>&1 || { tail -20 "$out/web.log"; exit 1; }
cp -a packaging/deb "$stage/debian"
[ -z "${HUREN_REVISION:-}" ] || sed -i "1s/)/$HUREN_REVISION)/" "$stage/debian/changelog"
if [ -n "${HUREN_TRIAL:-}" ]; then
  # debhelper speaks another locale, and a compiler's messages are part of what is cached.
  printf '#!/bin/sh\nexec env -u LC_ALL ${HUREN_LANG:+LANG="$HUREN_LANG"} ccache "$@"\n' >"$out/ccache"
  chmod +x "$out/ccache"
  HUREN_LANG=${LANG:-} HUREN_OBJ=build/release HUREN_CONFIGURE="-DCMAKE_BUILD_TYPE=RelWithDebInfo -DHUREN_CCACHE=$out/ccache ${HUREN_CONFIGURE:-}"
  CCACHE_DIR=$(ccache -k cache_dir) DEB_CFLAGS_SET='' DEB_CXXFLAGS_SET='' DEB_CPPFLAGS_SET=''
  export HUREN_LANG HUREN_OBJ HUREN_CONFIGURE CCACHE_DIR DEB_CFLAGS_SET DEB_CXXFLAGS_SET DEB_CPPFLAGS_SET
elif command -v ccache >/dev/null && [ -z "${CCACHE_DISABLE:-}" ]; then  # debhelper takes HOME away
  CCACHE_DIR=$(ccache -k cache_dir) HUREN_CONFIGURE="-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache ${HUREN_CONFIGURE:-}"
  export CCACHE_DIR HUREN_CONFIGURE
fi
to=$out${HUREN_REVISION:+/old}
mkdir -p "$to"
rm -f "$out"/*.changes "$out"/*.buildinfo "$to"/*.deb
mkdir -p "$out/kept" && find "$out" -maxdepth 1 -name '*.deb' -exec mv -t "$out/kept" {} +
cd "$stage"
DEB_BUILD_OPTIONS="nocheck parallel=${HUREN_JOBS:-$(nproc)} terse${HUREN_REVISION:+ noautodbgsym}" dpkg-buildpackage -b -us -uc -nc >"$out/build.log" 2>&1 || { tail -40 "$out/build.log"; exit 1; }
[ "$to" = "$out" ] || mv "$out"/*.deb "$to"
[ "$to" = "$out" ] || find "$out/kept" -name '*.deb' -exec mv -t "$out" {} +
rm -rf "$out/kept"
if [ "$to" = "$out" ]; then  # the kit and the parts list, of what the packages hold
  rm -rf "$out/prefix" "$out"/*.zip "$out"/*.json && mkdir "$out/prefix"
  for package in libhuren1 libhuren-dev huren-engine huren-adapters huren-agent huren-ctl; do cp -a "debian/$package/usr/." "$out/prefix"; done
  version=$(dpkg-parsechangelog -S Version)
  SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp); export SOURCE_DATE_EPOCH
  python3 -B packaging/tools/sdk_zip.py "$out/prefix" "$out/huren-sdk-$version.zip"
  python3 -B packaging/tools/sbom.py "$out/prefix" "$out/huren-$version.cdx.json"
  rm -rf "$out/prefix"
fi
ls -1 "$to"/*.deb "$to"/*.zip "$to"/*.json 2>/dev/null || true
