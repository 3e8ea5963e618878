#!/bin/sh
# until.sh TEXT COMMAND...: repeats the command until it says TEXT, and shows what it said; gives up after a minute.
# 反复执行命令直到输出中出现 TEXT，最多一分钟。
text=$1; shift
n=0
while :; do
  said=$("$@" 2>&1)
  case $said in *"$text"*) printf '%s\n' "$said"; exit 0 ;; esac
  n=$((n + 1))
  [ $n -lt 240 ] || { printf '%s\n' "$said" "until.sh: \"$text\" did not come / 一分钟内未出现" >&2; exit 1; }
  sleep 0.25
done
