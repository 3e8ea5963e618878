#!/bin/bash
# GNUmed's database from Debian's package gnumed-server, made once and kept: records.sh FOLDER
# Promises: FOLDER/gnumed.dump is the empty practice with GNUmed's own example people, as its own bootstrap made it; the package is
# unpacked beside it, not installed (it would bring a mail server and nightly jobs); takes two to five minutes the first time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1; mkdir -p "$folder"; folder=$(cd "$folder" && pwd)
[ -s "$folder/gnumed.dump" ] && exit 0
work=$(mktemp -d /tmp/huren-gnumed-XXXXXX); chmod 755 "$work"
db=
trap '[ -z "$db" ] || bash "$here/../../support/postgres.sh" stop "$db"; rm -rf "$work"' EXIT
fetch() { (cd "$work" && apt-get download -q gnumed-server gnumed-common gnumed-client) >"$work/download.log" 2>&1; }
sudo=; [ "$(id -u)" -eq 0 ] || sudo=sudo
fetch || { $sudo apt-get -o DPkg::Lock::Timeout=300 update -q >"$work/update.log" 2>&1 && fetch; } || { cat "$work/download.log" >&2; exit 1; }
for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$work/package"; done
rm -rf "$folder/client"; mkdir -p "$folder/client"
cp -r "$work/package/usr/share/gnumed/Gnumed" "$folder/client/"  # what its own screens read by
cp -r "$work/package/var/lib/gnumed/server" "$work/server"
[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup "$work"
db=$(bash "$here/../../support/postgres.sh" start)
as() { if [ "$(id -u)" -eq 0 ]; then /usr/bin/setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }
echo "GNUmed's database is being made (once, some minutes) ..."
cd "$work/server/bootstrap"
as env -i PATH=/usr/bin:/bin HOME="$work" PGHOST="$db" LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 -B bootstrap_gm_db_system.py --log-file="$work/bootstrap.log" --conf-file=bootstrap-latest.conf --quiet >"$work/bootstrap.out" 2>&1 </dev/null ||
  { tail -20 "$work/bootstrap.out" >&2; cp "$work"/bootstrap.log "$work/bootstrap.out" "$folder/" 2>/dev/null; mv -f "$folder/bootstrap.out" "$folder/bootstrap.out.log"; exit 1; }
pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as env PGHOST="$db" "$pg/pg_dumpall" -U postgres --roles-only >"$folder/roles.sql"
as env PGHOST="$db" "$pg/pg_dump" -U postgres -Fc gnumed_v22 >"$folder/gnumed.dump.new"
mv "$folder/gnumed.dump.new" "$folder/gnumed.dump"
