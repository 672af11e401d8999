#!/bin/bash
# usage: [SCREEN=1280x800x24] gui.sh BOX BLENDER-ARGUMENTS…        BIND, NETWORK, SETTINGS as for box.sh
#
# Blender in a real window on a virtual screen. Once it has gone, /out/left.txt lists the processes of its backend
# that outlived it by five seconds: the file must be empty.
set -eu
here=$(dirname "$(realpath "$0")") box=$1
shift
SETTINGS="${SETTINGS:-} DISPLAY=:77 SCREEN=${SCREEN:-1280x800x24}" exec "$here/box.sh" "$box" bash -c '
  Xvfb :77 -screen 0 "$SCREEN" +extension GLX -noreset -nolisten tcp >/out/xvfb.log 2>&1 &
  for _ in $(seq 200); do xdpyinfo >/dev/null 2>&1 && break; sleep 0.05; done
  blender "$@"
  code=$?
  [ ! -e /tmp/blender.crash.txt ] || cp /tmp/blender.crash.txt /out/crash.txt
  for _ in $(seq 50); do
    : >/out/left.txt
    for process in /proc/[0-9]*; do
      command=$(tr "\0" " " <"$process/cmdline" 2>/dev/null)
      case $command in *" -m backend serve ") echo "$process $command" >>/out/left.txt ;; esac
    done
    [ -s /out/left.txt ] || break
    sleep 0.1
  done
  exit $code' _ "$@"
