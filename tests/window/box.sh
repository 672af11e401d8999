#!/bin/bash
# usage: [BIND="/host[:/inside] …"] [NETWORK=1] [SETTINGS="NAME=value …"] box.sh BOX COMMAND…       root
#
# Runs a command inside a box, in name spaces of its own: what it mounts and starts ends with it, its home is
# empty and forgotten, and without NETWORK=1 there is no network but the loopback.
set -eu
BOX=$(realpath "$1")
shift
export BOX BIND="${BIND:-}" NETWORK="${NETWORK:-}" SETTINGS="${SETTINGS:-}"
isolate=(--mount --pid --fork --kill-child)
[ -n "$NETWORK" ] || isolate+=(--net)
exec unshare "${isolate[@]}" bash -euc '
  mkdir -p "$BOX/home/box" "$BOX/out"
  mount -t proc proc "$BOX/proc"
  mount --rbind /dev "$BOX/dev" && mount --make-rslave "$BOX/dev"
  for folder in tmp run home/box; do mount -t tmpfs -o mode=1777 box "$BOX/$folder"; done
  mkdir -p "$BOX/run/x"
  for pair in $BIND; do
    from=${pair%%:*} to=${pair##*:}
    if [ -d "$from" ]; then mkdir -p "$BOX$to"; else mkdir -p "$BOX$(dirname "$to")" && touch "$BOX$to"; fi
    mount --rbind "$from" "$BOX$to"
  done
  [ -n "$NETWORK" ] || ip link set lo up
  exec chroot "$BOX" env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/home/box LANG=C.UTF-8 \
    XDG_RUNTIME_DIR=/run/x LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe \
    BLENDER_USER_RESOURCES=/home/box/profile $SETTINGS "$@"' _ "$@"
