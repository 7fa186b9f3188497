#!/bin/sh
# Ends one test server when the test process that started it is gone, however it went: the test process holds
# the other end of this script's standard input, and the kernel closes that even after a SIGKILL.
#
# usage: watchdog.sh FOLDER SIGNAL
# input: the server's current pid, or "none" while it does not run; "done" when nothing is left to clean up
set -u
folder=$1
signal=$2
pid=none

while read -r word; do
  case "$word" in
    done) exit 0 ;;
    *) pid=$word ;;
  esac
done

children() {
  if [ -d /proc/self ]; then
    grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status | cut -d/ -f3
  else
    pgrep -P "$1"
  fi
}

# A zombie is gone: who inherits it from the dead test process may take long to reap it.
alive() {
  kill -0 "$1" && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

if [ "$pid" != none ]; then
  family="$pid $(children "$pid")"
  kill "-$signal" "$pid"
  # A stopped process would never see the signal.
  # shellcheck disable=SC2086
  kill -CONT $family
  tries=0
  while alive "$pid" && [ "$tries" -lt 20 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  if alive "$pid"; then
    # shellcheck disable=SC2086
    kill -KILL $family
    sleep 0.1
  fi
fi 2>/dev/null
rm -rf "$folder"
