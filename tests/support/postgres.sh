#!/bin/bash
# A PostgreSQL server of a test's own: an unprivileged account, a folder of its own, no TCP.
#   postgres.sh start        prints its folder, which holds its socket and its data; user postgres, no password
#   postgres.sh stop FOLDER  ends it and removes the folder
# Refuses (exit 77): a machine without the server's programs.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$bin/initdb" ] || { echo "no PostgreSQL server is installed" >&2; exit 77; }
as() { if [ "$(id -u)" -eq 0 ]; then /usr/bin/setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; else "$@"; fi; }  # initdb refuses root
case "$1" in
  start)
    dir=$(mktemp -d /tmp/huren-pg-XXXXXX)
    [ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$dir"
    chmod 755 "$dir"
    cd "$dir"
    as "$bin/initdb" -D "$dir/data" -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir.log" 2>&1 </dev/null || { cat "$dir.log" >&2; exit 1; }
    as "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/log" -o "-k $dir -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_wal_size=1GB ${2:-}" start >"$dir.log" 2>&1 </dev/null || { cat "$dir.log" "$dir/log" >&2; exit 1; }
    rm -f "$dir.log"
    echo "$dir" ;;
  stop)
    cd /
    as "$bin/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null 2>&1 </dev/null || true
    rm -rf "$2" ;;
esac
